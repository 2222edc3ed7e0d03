import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Simulator } from "../../../local/docuware/simulator.ts";
import { Client, details, json, operate, operationSchema, ORG, OTHER, send, setFault, start } from "./support.ts";

let simulator: Simulator;
beforeEach(async () => {
  simulator = await start({ durationsMs: { takeOffline: 0, upgrade: 0, createRestorePoint: 0 } });
});
afterEach(() => simulator.stop());

const faultsUrl = (): string => `${simulator.controlPlaneUrl}/_simulator/faults`;
const controlPlane = { target: "controlPlane" } as const;
const platform = { target: "platform" } as const;

/** The kind of error that the call ended with, or "answered". */
const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "answered",
    (error: unknown) => (error instanceof Error ? error.name : "?"),
  );

test("refused at the call: nothing happens, the next call goes well", async () => {
  await setFault(simulator, { ...controlPlane, operation: "takeOffline", effect: "fail", phase: "begin", times: 1 });
  const refused = await operate(simulator, "take-offline", { id: "a" });
  expect([refused.status, refused.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
  expect(refused.json(z.object({ code: z.string() })).code).toBe("unavailable");
  expect((await details(simulator)).operations).toEqual([]);
  expect((await operate(simulator, "take-offline", { id: "a" })).status).toBe(200);
});

test("accepted and then failed: the effect is not applied, the message is the fault's", async () => {
  await operate(simulator, "take-offline", { id: "off" });
  await setFault(simulator, { ...controlPlane, operation: "upgrade", effect: "fail", message: "disk full", times: 1 });
  const body = { targetVersion: "8.0" };
  const failed = (await operate(simulator, "upgrade", { id: "up", sequence: 2, body })).json(operationSchema);
  expect(failed).toMatchObject({ status: "Failed", error: { message: "disk full" } });
  const state = await details(simulator);
  expect(state.version).not.toBe("8.0");
  expect(state.operations[1]).toMatchObject({ status: "Failed", appliedCount: 0 });
  expect((await operate(simulator, "upgrade", { id: "up-2", sequence: 3, body })).json(operationSchema)).toMatchObject({
    status: "Succeeded",
  });
});

test("a connection dropped at the call began nothing, one dropped after it began the operation", async () => {
  await setFault(simulator, { ...controlPlane, operation: "takeOffline", effect: "drop", times: 1 });
  expect(await failure(operate(simulator, "take-offline", { id: "a" }))).toBe("TypeError");
  expect((await details(simulator)).operations).toEqual([]);
  const run = { ...controlPlane, operation: "takeOffline", effect: "drop", phase: "run", times: 1 };
  await setFault(simulator, run);
  expect(await failure(operate(simulator, "take-offline", { id: "a" }))).toBe("TypeError");
  expect((await details(simulator)).operations).toMatchObject([{ operationId: "a", appliedCount: 1 }]);
});

test("Platform operations fail, throttle, drop and hang for one organisation only", async () => {
  const client = await Client.open(simulator);
  const other = await Client.open(simulator, OTHER);
  const condition = { Condition: [] };
  await setFault(simulator, { ...platform, operation: "search", effect: "fail", message: "index down", times: 1 });
  const failed = await client.search(condition);
  expect(failed.json(z.object({ Message: z.string(), StatusCode: z.number() }))).toEqual({
    Message: "index down",
    StatusCode: 500,
  });
  await setFault(simulator, { ...platform, operation: "search", effect: "throttle", times: 1 });
  const throttled = await client.search(condition);
  expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "1"]);
  await setFault(simulator, { ...platform, operation: "search", effect: "drop", times: 1 });
  expect(await failure(client.search(condition))).toBe("TypeError");
  await setFault(simulator, { ...platform, operation: "search", effect: "hang" });
  const hanging = client.call(`${client.cabinet}/Query/DialogExpression`, {
    ...json(condition),
    signal: AbortSignal.timeout(200),
  });
  expect(await failure(hanging)).toBe("TimeoutError");
  expect((await other.search(condition)).status).toBe(200);
  await send(faultsUrl(), { method: "DELETE" });
  expect((await client.search(condition)).status).toBe(200);
});

test("a slow operation takes its time, a corrupted download has the length but not the bytes", async () => {
  const client = await Client.open(simulator);
  const id = await client.store({ SUBJECT: "x" }, "the true bytes");
  await setFault(simulator, { ...platform, operation: "fetch", effect: "slow", delayMs: 150, times: 1 });
  const started = performance.now();
  expect((await client.call(`${client.cabinet}/Documents/${id}`)).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThanOrEqual(149);
  await setFault(simulator, { ...platform, operation: "download", effect: "corrupt", times: 1 });
  const corrupt = await client.data(id);
  expect(corrupt.bytes.length).toBe("the true bytes".length);
  expect(corrupt.text).not.toBe("the true bytes");
  expect((await client.data(id)).text).toBe("the true bytes");
});

test("faults are listed with their hits, set in one go, and cleared for one organisation", async () => {
  const fault = { ...platform, operation: "token", effect: "fail", times: 3 };
  const both = [
    { organisationId: ORG, ...fault },
    { organisationId: OTHER, ...fault },
  ];
  expect((await send(faultsUrl(), json(both))).status).toBe(201);
  expect(await failure(Client.open(simulator))).not.toBe("answered");
  const listSchema = z.object({
    faults: z.array(z.object({ organisationId: z.string(), hits: z.number(), remaining: z.number() })),
  });
  expect((await send(faultsUrl())).json(listSchema).faults).toEqual([
    { organisationId: ORG, hits: 1, remaining: 2 },
    { organisationId: OTHER, hits: 0, remaining: 3 },
  ]);
  await send(`${faultsUrl()}?organisationId=${ORG}`, { method: "DELETE" });
  expect((await send(faultsUrl())).json(listSchema).faults).toMatchObject([{ organisationId: OTHER }]);
});

test.each([
  [{ organisationId: "nobody", ...platform, operation: "token", effect: "fail" }, "allowed: alpine-logistics"],
  [{ ...platform, operation: "explode", effect: "fail" }, "allowed: discovery, token, version"],
  [{ ...controlPlane, operation: "token", effect: "fail" }, "allowed: takeOffline, createRestorePoint, upgrade"],
  [{ ...platform, operation: "token", effect: "melt" }, "effect"],
  [{ ...platform, operation: "token", effect: "fail", phase: "run" }, "only control-plane operations have phases"],
  [{ ...platform, operation: "token", effect: "fail", times: 0 }, "times"],
  [{ ...platform, operation: "token", effect: "fail", tiems: 1 }, "tiems"],
])("a wrong fault is refused: %j", async (fault, message) => {
  const refused = await setFault(simulator, fault);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain(message);
});

test("organisations are listed by page", async () => {
  const url = `${simulator.controlPlaneUrl}/_simulator`;
  const pageSchema = z.object({
    total: z.number(),
    items: z.array(z.object({ organisationId: z.string(), number: z.number(), platformUrl: z.string() })),
    nextStart: z.number().optional(),
  });
  const first = (await send(`${url}/organisations?count=2`)).json(pageSchema);
  expect(first).toMatchObject({ total: 3, nextStart: 2, items: [{ organisationId: ORG, number: 1 }, { number: 2 }] });
  expect(first.items[0]?.platformUrl).toBe(simulator.platformUrl(ORG));
  const last = (await send(`${url}/organisations?count=2&start=2`)).json(pageSchema);
  expect([last.items.length, last.nextStart]).toEqual([1, undefined]);
  expect((await send(`${url}/organisations?count=0`)).status).toBe(400);
});
