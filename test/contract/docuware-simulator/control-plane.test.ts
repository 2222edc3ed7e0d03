// The control plane as control-plane.openapi.yaml describes it, on a clock that the test moves.
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { INITIAL_VERSION } from "../../../local/fleet.ts";
import type { Simulator } from "../../../local/docuware/simulator.ts";
import { CUSTOMER } from "../../../local/docuware/identity/accounts.ts";
import type { Answer } from "./support.ts";
import { Client, details, logOn, operate, operationSchema, ORG, OTHER, ROOT, send, start } from "./support.ts";

let simulator: Simulator;
let now: number;
beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  simulator = await start({ now: () => now });
});
afterEach(() => simulator.stop());

const problemSchema = z.object({ status: z.number(), code: z.string(), title: z.string(), detail: z.string() });
const codeOf = (answer: Answer): string => answer.json(problemSchema).code;
const poll = (id: string): Promise<Answer> =>
  send(`${simulator.controlPlaneUrl}/organisations/${ORG}/operations/${encodeURIComponent(id)}`);
const status = async (): Promise<unknown> =>
  (await send(`${simulator.controlPlaneUrl}/organisations/${ORG}`)).json(z.unknown());

/** Runs one operation to its end and answers it. */
async function complete(action: string, sequence: number, body?: object): Promise<z.infer<typeof operationSchema>> {
  const id = `op:${sequence}`;
  await operate(simulator, action, { id, sequence, ...(body === undefined ? {} : { body }) });
  now += 5000;
  return (await poll(id)).json(operationSchema);
}

test("an operation runs for its time, says when to ask again, and then has ended", async () => {
  const begun = await operate(simulator, "take-offline", { id: "c:1" });
  expect(begun.status).toBe(202);
  expect(begun.headers.get("operation-location")).toBe(
    `${simulator.controlPlaneUrl}/organisations/${ORG}/operations/c%3A1`,
  );
  expect(begun.headers.get("retry-after")).toBe("1");
  expect(begun.headers.get("retry-after-ms")).toBe("1000");
  expect(begun.json(operationSchema)).toMatchObject({ id: "c:1", kind: "takeOffline", status: "Running" });
  now += 999;
  expect((await poll("c:1")).status).toBe(202);
  expect(await status()).toMatchObject({ availability: "online" });
  now += 1;
  const ended = await poll("c:1");
  expect(ended.status).toBe(200);
  expect(ended.json(operationSchema)).toMatchObject({ status: "Succeeded", result: { version: INITIAL_VERSION } });
  expect(await status()).toEqual({ organisationId: ORG, availability: "offline", version: INITIAL_VERSION });
});

test("upgrade, then restore: version and documents are as of the restore point", async () => {
  const client = await Client.open(simulator);
  const kept = await client.store({ SUBJECT: "before" }, "kept bytes");
  await complete("take-offline", 1);
  const point = await complete("create-restore-point", 2);
  const { restorePointId } = point.result ?? {};
  expect(await complete("upgrade", 3, { targetVersion: "7.13.0.1" })).toMatchObject({
    result: { version: "7.13.0.1" },
  });
  expect((await client.call("")).json(z.object({ Version: z.string() })).Version).toBe("7.13.0.1");
  await client.call(`${client.cabinet}/Documents/${kept}`, { method: "DELETE" });
  const late = await client.store({ SUBJECT: "after" }, "late bytes");

  const restored = await complete("restore", 4, { restorePointId });
  expect(restored).toMatchObject({ status: "Succeeded", result: { version: INITIAL_VERSION } });
  expect(await details(simulator)).toMatchObject({ documents: 1, trash: 0, version: INITIAL_VERSION });
  expect((await client.data(kept)).text).toBe("kept bytes");
  expect((await client.call(`${client.cabinet}/Documents/${late}`)).status).toBe(404);
  expect(await client.store({ SUBJECT: "new" })).toBeGreaterThan(late);
  expect(await complete("bring-online", 5)).toMatchObject({ status: "Succeeded" });
});

test("an offline organisation lets in nobody but the verification user", async () => {
  const customer = new Client(`${simulator.platformUrl(ORG)}${ROOT}`, await logOn(simulator, ORG, CUSTOMER));
  const probe = new Client(customer.base, await logOn(simulator));
  expect((await customer.call("/FileCabinets")).status).toBe(200);
  await complete("take-offline", 1);
  for (const refused of [await customer.call("/FileCabinets"), await send(`${customer.base}/FileCabinets`)]) {
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(refused.headers.get("content-type")).toContain("text/html");
  }
  expect((await probe.call("/FileCabinets")).status).toBe(200);
  expect(await logOn(simulator)).toEqual(expect.any(String));
  const other = new Client(`${simulator.platformUrl(OTHER)}${ROOT}`, await logOn(simulator, OTHER, CUSTOMER));
  expect((await other.call("/FileCabinets")).status).toBe(200);
});

test("refusals carry their code and status", async () => {
  await complete("take-offline", 5);
  const stale = await operate(simulator, "bring-online", { id: "late", sequence: 4 });
  expect([stale.status, codeOf(stale)]).toEqual([409, "staleSequence"]);
  const point = await operate(simulator, "restore", { id: "r", sequence: 6, body: { restorePointId: "none" } });
  expect([point.status, codeOf(point)]).toEqual([404, "unknownRestorePoint"]);
  const online = await operate(simulator, "upgrade", {
    id: "u",
    organisationId: OTHER,
    body: { targetVersion: "8.0" },
  });
  expect([online.status, codeOf(online)]).toEqual([409, "wrongState"]);
  const unknown = await operate(simulator, "take-offline", { id: "u", organisationId: "nobody" });
  expect([unknown.status, codeOf(unknown)]).toEqual([404, "unknownOrganisation"]);
  expect(codeOf(await poll("never"))).toBe("unknownOperation");
});

test("invalid calls are told what is wrong and where", async () => {
  const url = `${simulator.controlPlaneUrl}/organisations/${ORG}`;
  const missing = await send(`${url}/take-offline`, { method: "POST" });
  expect([missing.status, codeOf(missing)]).toEqual([400, "invalidRequest"]);
  for (const name of ["operation-id", "operation-sequence", "operation-scope"]) expect(missing.text).toContain(name);
  expect((await operate(simulator, "take-offline", { id: "bad id" })).text).toContain("operation-id must be");
  const version = await operate(simulator, "upgrade", { id: "v", body: { targetVersion: "eight" } });
  expect(version.text).toContain("targetVersion must be a version");
  expect((await operate(simulator, "upgrade", { id: "v" })).text).toContain("is not JSON");
  const large = await operate(simulator, "upgrade", { id: "v", body: { x: "x".repeat(2_000_000) } });
  expect([large.status, codeOf(large)]).toEqual([400, "invalidRequest"]);
  expect((await send(`${url}/explode`, { method: "POST" })).status).toBe(400);
});
