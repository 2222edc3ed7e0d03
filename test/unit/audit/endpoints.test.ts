// Calls through the HTTP layer with the real log behind it: what is written, and what is not.

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { auditEndpoints } from "../../../functions/http/audit.ts";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { err, ok } from "../../../shared/kernel/result.ts";
import type { AuditLog } from "../../../shared/platform/audit-log.ts";
import { defineEndpoint, type Endpoint } from "../../../shared/platform/http/endpoint.ts";
import { openApiDocument } from "../../../shared/platform/http/openapi.ts";
import { problem } from "../../../shared/platform/http/problems.ts";
import type { HandlerDeps } from "../../../shared/platform/http/to-http-handler.ts";
import { callEndpoint } from "../../support/call.ts";
import { createWorld, NOON } from "./support.ts";

const acts: string[] = [];
const stop = (act: (name: string) => void = () => undefined, changes: Partial<Parameters<typeof define>[0]> = {}) =>
  define({ act, ...changes });

function define({
  act,
  audited,
  method = "POST",
}: {
  readonly act: (name: string) => void;
  readonly audited?: true | { readonly not: string };
  readonly method?: "POST" | "GET" | "DELETE";
}) {
  return defineEndpoint({
    name: "stop-thing",
    method,
    route: "things/{thingId}/stop",
    role: "Organisations.Write",
    summary: "Stops",
    params: z.object({ thingId: z.string().regex(/^[a-z]+$/) }),
    query: z.strictObject({ dryRun: z.stringbool().default(false), reason: z.string().optional() }),
    ...(method === "POST" && { body: z.strictObject({ name: z.string(), password: z.string().optional() }) }),
    ...(audited !== undefined && { audited }),
    answers: { 200: z.object({}), 204: z.undefined() },
    handle: async ({ params }) => {
      act(params.thingId);
      acts.push(params.thingId);
      return params.thingId === "taken" ? problem("wrongState", "Taken.") : { status: 204 };
    },
  });
}

const CALLER = { actor: { kind: "person", userId: "p-1" }, roles: ["Organisations.Write", "Audit.Read"] } as const;

interface Sent {
  readonly thingId?: string;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly audit?: AuditLog;
  readonly authenticate?: HandlerDeps["authenticate"];
}

async function setUp() {
  const world = await createWorld();
  acts.length = 0;
  const call = async (endpoint: Endpoint, sent: Sent = {}) => {
    const { thingId = "pump", query = {}, body = { name: "x" }, ...deps } = sent;
    const { status, headers, json } = await callEndpoint(
      endpoint,
      {
        query,
        ...(endpoint.name === "stop-thing" && { params: { thingId } }),
        ...(endpoint.method === "POST" && { json: body }),
      },
      { authenticate: async () => ok(CALLER), log: world.log, audit: world.audit, ...deps },
    );
    return { status, headers: Object.fromEntries(headers), json };
  };
  return { ...world, call, entries: async () => (await world.list()).items };
}

describe("a call that changes something", () => {
  test("is written with who, what, to what, and how it ended", async () => {
    const { call, entries } = await setUp();
    const body = { name: "x", password: "hidden" };
    expect(await call(stop(), { query: { reason: "noise" }, body })).toMatchObject({ status: 204 });
    const [entry, ...others] = await entries();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      actor: "person:p-1",
      action: "stop-thing",
      target: { thingId: "pump" },
      traceId: "invocation-1",
      outcome: "succeeded",
      status: 204,
    });
    expect(JSON.parse(entry?.details["query"] ?? "")).toEqual({ dryRun: false, reason: "noise" });
    expect(JSON.parse(entry?.details["body"] ?? "")).toEqual({ name: "x", password: "[removed]" });
  });

  test("has its intent written before it acts", async () => {
    const { call, audit } = await setUp();
    const order: string[] = [];
    const watched: AuditLog = {
      ...audit,
      intend: (act) => (order.push("intent"), audit.intend(act)),
      conclude: (intent, outcome) => (order.push("outcome"), audit.conclude(intent, outcome)),
    };
    await call(
      stop(() => order.push("act")),
      { audit: watched },
    );
    expect(order).toEqual(["intent", "act", "outcome"]);
  });

  test("does nothing and answers 503 when its intent cannot be written", async () => {
    const { call, audit } = await setUp();
    const intend = () => Promise.reject(new TransientFailure("busy", { retryAfterMs: 9000 }));
    const { status, headers } = await call(stop(), { audit: { ...audit, intend } });
    expect({ status, headers }).toMatchObject({ status: 503, headers: { "retry-after": "9" } });
    expect(acts).toEqual([]);
  });

  test("keeps its answer when its outcome cannot be written", async () => {
    const { call, audit, log } = await setUp();
    const conclude = () => Promise.reject(new TransientFailure("busy"));
    expect(await call(stop(), { audit: { ...audit, conclude } })).toMatchObject({ status: 204 });
    expect(acts).toEqual(["pump"]);
    expect(log.entries).toMatchObject([{ level: "error", event: "audit.outcomeLost" }]);
  });

  test.each([
    ["a refusal", "taken", () => undefined, { outcome: "refused", code: "wrongState", status: 409 }],
    [
      "a transient failure",
      "pump",
      () => {
        throw new TransientFailure("busy");
      },
      { outcome: "failed", code: "unavailable", status: 503 },
    ],
    [
      "a defect",
      "pump",
      () => {
        throw new TypeError("secret");
      },
      { outcome: "failed", code: "internalError", status: 500 },
    ],
  ])("that ends as %s says so", async (_, thingId, act, expected) => {
    const { call, entries } = await setUp();
    await call(stop(act), { thingId });
    const found = await entries();
    expect(found).toMatchObject([expected]);
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  test.each(["POST", "DELETE"] as const)("%s is audited without being asked to", async (method) => {
    const { call, entries } = await setUp();
    await call(stop(undefined, { method }));
    expect(await entries()).toHaveLength(1);
  });
});

describe("what does not act is not written", () => {
  test.each<[string, Sent, Endpoint]>([
    ["a dry run", { query: { dryRun: "true" } }, stop()],
    ["a request that is not valid", { thingId: "9" }, stop()],
    ["a body that is not valid", { body: {} }, stop()],
    ["an unknown caller", { authenticate: async () => err({ reason: "no", hadToken: true }) }, stop()],
    ["a read", {}, stop(undefined, { method: "GET" })],
    ["a call that says why it is not", {}, stop(undefined, { audited: { not: "a probe" } })],
  ])("%s", async (_, sent, endpoint) => {
    const { call, entries } = await setUp();
    await call(endpoint, sent);
    expect(await entries()).toEqual([]);
  });
});

describe("a known caller without the role", () => {
  const authenticate = async () => ok({ ...CALLER, roles: [] });

  test("is refused, and that is one entry", async () => {
    const { call, entries } = await setUp();
    expect(await call(stop(), { authenticate, thingId: "9".repeat(5000) })).toMatchObject({ status: 403 });
    const found = await entries();
    expect(found).toMatchObject([
      { actor: "person:p-1", action: "stop-thing", outcome: "refused", code: "roleMissing", status: 403, details: {} },
    ]);
    expect(JSON.stringify(found).length).toBeLessThan(1000);
  });

  test("is refused also when that cannot be written", async () => {
    const { call, audit, log } = await setUp();
    const refuse = () => Promise.reject(new TransientFailure("busy"));
    expect(await call(stop(), { authenticate, audit: { ...audit, refuse } })).toMatchObject({ status: 403 });
    expect(log.entries).toMatchObject([{ level: "error", event: "audit.refusalLost" }]);
  });

  test.each<[string, Sent, Endpoint]>([
    ["a read", {}, stop(undefined, { method: "GET" })],
    ["a dry run", { query: { dryRun: "true" } }, stop()],
  ])("that tries %s leaves no entry", async (_, sent, endpoint) => {
    const { call, entries } = await setUp();
    expect(await call(endpoint, { ...sent, authenticate })).toMatchObject({ status: 403 });
    expect(await entries()).toEqual([]);
  });
});

describe("GET /audit/events", () => {
  test("shows the log newest first, pages by its cursor alone, and is written itself", async () => {
    const world = await setUp();
    const [events] = auditEndpoints({ list: world.list }, world.clock);
    if (events === undefined) throw new Error("There is no endpoint.");
    for (const thingId of ["pump", "taken"]) {
      await world.call(stop(), { thingId });
      world.time.now += 1000;
    }
    const first = await world.call(events, { query: { limit: "2" } });
    expect(first).toMatchObject({
      status: 200,
      json: {
        items: [
          { action: "list-audit-events", outcome: "unknown", at: "2027-02-01T12:00:02.000Z" },
          { action: "stop-thing", outcome: "refused", code: "wrongState", concludedAt: "2027-02-01T12:00:01.000Z" },
        ],
      },
    });
    const { nextCursor }: { nextCursor: string } = Object(first.json);
    const second = await world.call(events, { query: { limit: "2", cursor: nextCursor } });
    expect(second.json).toMatchObject({
      items: [{ action: "stop-thing", outcome: "succeeded", at: "2027-02-01T12:00:00.000Z" }],
    });
    const reads = (await world.entries()).filter(({ action }) => action === "list-audit-events");
    expect(reads).toMatchObject([{ outcome: "succeeded" }, { outcome: "succeeded" }]);
  });

  test("takes instants with an offset and refuses what is no period", async () => {
    const world = await setUp();
    const [events] = auditEndpoints({ list: world.list }, world.clock);
    if (events === undefined) throw new Error("There is no endpoint.");
    await world.call(stop());
    const to = "2027-02-01T14:00:00.001+02:00";
    expect(Date.parse(to)).toBe(NOON + 1);
    const good = await world.call(events, { query: { from: "2027-02-01T14:00:00+02:00", to } });
    const { items }: { items: readonly { action: string }[] } = Object(good.json);
    expect(items.map(({ action }) => action).toSorted()).toEqual(["list-audit-events", "stop-thing"]);
    const bad = [{ from: "yesterday" }, { from: to, to }, { cursor: "x" }, { from: "2030-01-01T00:00:00Z" }];
    for (const query of bad) {
      const refused = await world.call(events, { query });
      expect(refused).toMatchObject({ status: 400, json: { code: "validationFailed" } });
    }
    const outcomes = (await world.entries()).filter(({ outcome }) => outcome === "refused");
    expect(outcomes.length).toBe(3);
  });

  test("can be described", async () => {
    const world = await setUp();
    const endpoints = auditEndpoints({ list: world.list }, world.clock);
    const document = openApiDocument(
      { title: "t", version: "1", description: "d", problemCodes: ["internalError"], issuer: "https://i.example" },
      endpoints,
    );
    expect(JSON.stringify(document)).toContain("First instant of the period");
  });
});
