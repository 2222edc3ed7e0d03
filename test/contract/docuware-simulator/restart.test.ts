// What survives: the process is killed without warning, or stopped, and started again on the same folder.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Simulator } from "../../../local/docuware/simulator.ts";
import { freePort } from "../../support/free-port.ts";
import { Client, details, logOn, operate, operationSchema, ORG, ROOT, send, setFault, start } from "./support.ts";

let dataDir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "docuware-simulator-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await rm(dataDir, { recursive: true });
});

const CHILD = `
import { startSimulator } from ${JSON.stringify(join(process.cwd(), "local/docuware/simulator.ts"))};
const options = { organisations: 2, basePort: 0, identityPort: 0, controlPlanePort: 0, ...JSON.parse(process.argv[2]) };
const simulator = await startSimulator(options);
console.log(JSON.stringify({ ...simulator, platform: simulator.platformUrl(process.argv[3]) }));
`;

/** The simulator in a process of its own, as this process sees it. */
async function spawned(options: object = {}): Promise<{ simulator: Simulator; kill: () => Promise<void> }> {
  const script = join(dataDir, "child.ts");
  await writeFile(script, CHILD);
  const child = spawn(process.execPath, [script, JSON.stringify({ dataDir, ...options }), ORG], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [line] = await once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(20_000) });
  const urls = z
    .object({ identityUrl: z.string(), controlPlaneUrl: z.string(), platform: z.string() })
    .parse(JSON.parse(String(line)));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { simulator: { ...urls, platformUrl: () => urls.platform, stop: kill }, kill };
}

test("after kill -9 documents, bytes, tokens, versions, operations and their ids are as before", async () => {
  const first = await spawned({ durationsMs: { takeOffline: 0, createRestorePoint: 0, upgrade: 0, restore: 0 } });
  const client = await Client.open(first.simulator);
  const kept = await client.store({ SUBJECT: "kept" }, "kept bytes");
  const trashed = await client.store({ SUBJECT: "trashed" });
  await client.call(`${client.cabinet}/Documents/${trashed}`, { method: "DELETE" });
  await operate(first.simulator, "take-offline", { id: "off", sequence: 1 });
  const point = await operate(first.simulator, "create-restore-point", { id: "point", sequence: 2 });
  const body = { targetVersion: "8.0.0.1" };
  await operate(first.simulator, "upgrade", { id: "up", sequence: 3, body });
  const before = await details(first.simulator);
  await first.kill();

  const second = await spawned({ durationsMs: { restore: 0 } });
  expect(await details(second.simulator)).toEqual(before);
  expect(before).toMatchObject({ version: "8.0.0.1", availability: "offline", documents: 1, trash: 1 });
  const again = new Client(`${second.simulator.platformUrl(ORG)}${ROOT}`, client.token);
  again.cabinet = client.cabinet;
  expect((await again.data(kept)).text).toBe("kept bytes");
  expect((await operate(second.simulator, "upgrade", { id: "up", sequence: 3, body })).status).toBe(200);
  const stale = await operate(second.simulator, "upgrade", { id: "old", sequence: 2, body });
  expect(stale.text).toContain("staleSequence");
  const { restorePointId } = point.json(operationSchema).result ?? {};
  const restored = await operate(second.simulator, "restore", { id: "re", sequence: 4, body: { restorePointId } });
  expect(restored.json(operationSchema)).toMatchObject({ status: "Succeeded", result: { version: "7.12.1.100" } });
  expect((await details(second.simulator)).operations.map((one) => one.appliedCount)).toEqual([1, 1, 1, 1]);
});

test("killed while writing: every operation that was answered is there, once", async () => {
  const first = await spawned({ durationsMs: { takeOffline: 0, bringOnline: 0 } });
  const answered: string[] = [];
  const calls = Array.from({ length: 40 }, async (_, index) => {
    const action = index % 2 === 0 ? "take-offline" : "bring-online";
    const answer = await operate(first.simulator, action, { id: `op-${index}`, scope: `s-${index}` });
    if (answer.status === 200) answered.push(`op-${index}`);
    if (answered.length === 15) await first.kill();
  });
  await Promise.allSettled(calls);
  expect(answered.length).toBeGreaterThanOrEqual(15);
  const second = await spawned();
  const { operations } = await details(second.simulator);
  for (const id of answered) {
    expect(operations.find((one) => one.operationId === id)).toMatchObject({ status: "Succeeded", appliedCount: 1 });
  }
  expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length);
});

test("a running operation goes on by its recorded time, a hanging one goes on hanging", async () => {
  let now = 1_000_000;
  const options = { dataDir, now: () => now, durationsMs: { takeOffline: 10_000 } };
  const first = await start(options);
  await operate(first, "take-offline", { id: "off" });
  await first.stop();
  now += 9_999;
  const second = await start(options);
  expect(await details(second)).toMatchObject({ availability: "online", operations: [{ status: "Running" }] });
  now += 1;
  const ended = await details(second);
  expect(ended).toMatchObject({ availability: "offline", operations: [{ status: "Succeeded", appliedCount: 1 }] });
  expect(ended.availabilityHistory).toEqual([{ availability: "offline", at: new Date(1_010_000).toISOString() }]);
  await setFault(second, { target: "controlPlane", operation: "bringOnline", effect: "hang" });
  await operate(second, "bring-online", { id: "hang", sequence: 2 });
  await second.stop();
  now += 1e9;
  const third = await start(options);
  expect((await details(third)).operations[1]).toMatchObject({ operationId: "hang", status: "Running" });
  await third.stop();
});

test("data of an earlier version is refused with one sentence", async () => {
  await mkdir(join(dataDir, "organisations", ORG), { recursive: true });
  await expect(start({ dataDir })).rejects.toThrow(/earlier version of this project; remove .* to start anew/u);
});

test("the journal is replaced by a snapshot when it has grown, and purged bytes leave the disk", async () => {
  const options = { dataDir, durationsMs: { takeOffline: 0, bringOnline: 0 }, compactAboveBytes: 20_000 };
  const first = await start(options);
  const client = await Client.open(first);
  const kept = await client.store({ SUBJECT: "kept" }, "bytes");
  const gone = await client.store({ SUBJECT: "gone" }, "other bytes");
  await client.call(`${client.cabinet}/Documents/${gone}`, { method: "DELETE" });
  const purge = { method: "POST", body: JSON.stringify({ Id: [`tr_${client.cabinet.split("/")[2]}-${gone}`] }) };
  await client.call("/TrashBin/BatchDelete", purge);
  const sections = join(dataDir, "sections", ORG);
  expect(await readdir(sections)).toEqual([expect.stringMatching(new RegExp(`^${kept}-`))]);
  for (let index = 0; index < 600; index++) {
    await operate(first, index % 2 === 0 ? "take-offline" : "bring-online", { id: `op-${index}`, sequence: index });
  }
  const before = await details(first);
  await first.stop();
  await writeFile(join(sections, "99-99"), "left by a crash");
  const second = await start(options);
  expect(await details(second)).toEqual(before);
  expect(before.operations).toHaveLength(600);
  expect(await readdir(sections)).toHaveLength(1);
  expect(await logOn(second)).toEqual(expect.any(String));
  await second.stop();
});

async function command(...args: readonly string[]): Promise<ChildProcess & { output: () => string }> {
  const main = join(process.cwd(), "local/main.ts");
  const child = spawn(process.execPath, [main, "docuware", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return Object.assign(child, { output: () => output });
}

test("the command says when it is ready, stops on SIGTERM, and names a port that is in use", async () => {
  const port = await freePort();
  const ports = ["--identity-port", String(await freePort()), "--control-plane-port", String(await freePort())];
  const args = ["--port", String(port - 1), "--organisations", "1", "--data", dataDir, "--speed", "10", ...ports];
  const running = await command(...args);
  await once(running.stdout ?? running, "data", { signal: AbortSignal.timeout(20_000) });
  expect(running.output()).toContain("ready");
  expect((await send(`http://127.0.0.1:${port}${ROOT}`, { headers: { accept: "application/json" } })).status).toBe(200);
  const second = await command(...args, "--data", join(dataDir, "other"));
  const [code] = await once(second, "exit", { signal: AbortSignal.timeout(20_000) });
  expect(code).toBe(1);
  expect(second.output()).toMatch(/^docuware: port \d+ \(control plane\) is in use by another process; .*\n$/);
  running.kill("SIGTERM");
  const [stopped] = await once(running, "exit", { signal: AbortSignal.timeout(20_000) });
  expect(stopped).toBe(0);
});
