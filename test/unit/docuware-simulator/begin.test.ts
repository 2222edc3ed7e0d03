import { expect, test } from "vitest";
import type { BeginRequest } from "../../../local/docuware/control-plane/begin.ts";
import { decideBegin } from "../../../local/docuware/control-plane/begin.ts";
import { applyEvent, initialState, toSnapshot } from "../../../local/docuware/state/apply.ts";
import type { OperationRecord, OrganisationState } from "../../../local/docuware/state/model.ts";

const request = (more: Partial<BeginRequest> = {}): BeginRequest => ({
  id: "op-1",
  kind: "takeOffline",
  scope: "c",
  sequence: 5,
  ...more,
});

function begin(state: OrganisationState, one: BeginRequest, more: Partial<OperationRecord> = {}): void {
  const operation = { ...one, status: "Running" as const, startedAt: 0, endsAt: 10, appliedCount: 0, ...more };
  applyEvent(state, { type: "operationBegun", operation });
}

function offline(): OrganisationState {
  const state = initialState("1.0");
  begin(state, request({ id: "off", sequence: 0 }));
  applyEvent(state, { type: "operationEnded", id: "off", at: 10 });
  return state;
}

test("a repeated id is known, before any other rule", () => {
  const state = initialState("1.0");
  begin(state, request());
  expect(decideBegin(state, request({ sequence: 0 }))).toMatchObject({ kind: "known", operation: { id: "op-1" } });
  begin(state, request({ id: "newer", sequence: 9 }));
  expect(decideBegin(state, request())).toMatchObject({ kind: "known" });
});

test("a repeated id that names another call is refused", () => {
  const state = offline();
  begin(state, request({ kind: "upgrade", targetVersion: "2.0" }));
  const other = request({ kind: "upgrade", targetVersion: "3.0" });
  expect(decideBegin(state, other)).toMatchObject({ kind: "refused", code: "invalidRequest" });
  expect(decideBegin(state, request())).toMatchObject({ kind: "refused", code: "invalidRequest" });
});

test("a lower sequence of the scope is stale, of another scope it is not", () => {
  const state = offline();
  begin(state, request({ kind: "bringOnline" }));
  applyEvent(state, { type: "operationEnded", id: "op-1", at: 20 });
  expect(decideBegin(state, request({ id: "late", sequence: 4 }))).toMatchObject({ code: "staleSequence" });
  expect(decideBegin(state, request({ id: "same", sequence: 5 }))).toEqual({ kind: "begin" });
  expect(decideBegin(state, request({ id: "other", sequence: 0, scope: "d" }))).toEqual({ kind: "begin" });
});

test("a running operation yields only to a higher sequence of its own scope", () => {
  const state = offline();
  begin(state, request({ kind: "upgrade", targetVersion: "2.0" }), { endsAt: null });
  const next = { id: "next", kind: "bringOnline" as const };
  expect(decideBegin(state, request({ ...next, sequence: 6, scope: "d" }))).toMatchObject({
    code: "operationInProgress",
  });
  expect(decideBegin(state, request({ ...next, sequence: 5 }))).toMatchObject({ code: "operationInProgress" });
  expect(decideBegin(state, request({ ...next, sequence: 6 }))).toEqual({ kind: "begin", cancels: "op-1" });
});

test("what changes an organisation needs it offline; a restore needs its restore point", () => {
  const online = initialState("1.0");
  for (const kind of ["createRestorePoint", "upgrade", "restore"] as const) {
    expect(decideBegin(online, request({ kind, restorePointId: "x" }))).toMatchObject({ code: "wrongState" });
  }
  expect(decideBegin(online, request())).toEqual({ kind: "begin" });
  const restore = request({ kind: "restore", restorePointId: "x" });
  expect(decideBegin(offline(), restore)).toMatchObject({ code: "unknownRestorePoint" });
});

test("a cancelled operation ends without its effect, and cannot end twice", () => {
  const state = offline();
  begin(state, request({ kind: "upgrade", targetVersion: "2.0" }));
  const operation = { ...request({ id: "next", kind: "bringOnline", sequence: 6 }), appliedCount: 0 };
  applyEvent(state, {
    type: "operationBegun",
    operation: { ...operation, status: "Running", startedAt: 12, endsAt: 13 },
    cancels: "op-1",
  });
  applyEvent(state, { type: "operationEnded", id: "op-1", at: 14 });
  expect(state.operations.get("op-1")).toMatchObject({ status: "Canceled", endedAt: 12, appliedCount: 0 });
  applyEvent(state, { type: "operationEnded", id: "next", at: 13 });
  applyEvent(state, { type: "operationEnded", id: "next", at: 15 });
  expect(state.operations.get("next")).toMatchObject({ status: "Succeeded", endedAt: 13, appliedCount: 1 });
  expect(state).toMatchObject({ version: "1.0", availability: "online" });
});

test("a snapshot holds the whole state", () => {
  const state = offline();
  begin(state, request({ kind: "createRestorePoint", id: "point" }));
  applyEvent(state, { type: "operationEnded", id: "point", at: 20 });
  begin(state, request({ kind: "upgrade", targetVersion: "2.0", id: "running" }), { endsAt: null });
  const copy = initialState("9.9");
  const { snapshot } = structuredClone({ snapshot: toSnapshot(state) });
  applyEvent(copy, { type: "snapshot", snapshot });
  expect(copy).toEqual(state);
});
