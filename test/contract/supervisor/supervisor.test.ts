import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Part, StackEvent } from "../../../local/supervisor/part.ts";
import { startStack, type Stack, type StackOptions } from "../../../local/supervisor/supervisor.ts";
import { freePort } from "../../support/free-port.ts";

const FIXTURE = fileURLToPath(new URL("fixtures/part.ts", import.meta.url));
const SUPERVISE = fileURLToPath(new URL("fixtures/supervise.ts", import.meta.url));

let dataDir: string;
let journal: string;
let events: StackEvent[];
let stacks: Stack[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "stack-"));
  journal = join(dataDir, "journal");
  writeFileSync(journal, "");
  events = [];
  stacks = [];
});
afterEach(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  rmSync(dataDir, { recursive: true });
});

const part = (name: string, behaviour = "lives", extra: Partial<Part> = {}): Part => ({
  name,
  command: process.execPath,
  args: [FIXTURE, behaviour, name, journal],
  readyWhen: { line: new RegExp(`^${name} ready`, "u") },
  ...extra,
});

async function start(parts: readonly Part[], extra: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack(parts, { dataDir, onEvent: (event) => events.push(event), ...extra });
  stacks.push(stack);
  return stack;
}

const noted = (): string[] => readFileSync(journal, "utf8").split("\n").filter(Boolean);
const startedPids = (): number[] =>
  noted()
    .flatMap((line) => / start (\d+)$/u.exec(line)?.slice(1) ?? [])
    .map(Number);

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const pidFile = (name: string): string => join(dataDir, "run", `${name}.pid`);
const within = { timeout: 15_000, interval: 20 };

describe("supervisor", () => {
  test("starts in the order of needs, stops in reverse order, leaves no process and no pid file", async () => {
    const stack = await start([
      part("app", "lives", { needs: ["store", "bus"] }),
      part("bus", "lives", { needs: ["store"] }),
      part("store"),
    ]);
    const pids = startedPids();
    expect(noted().map((line) => line.split(" ")[0])).toEqual(["store", "bus", "app"]);
    expect(pids).toEqual([stack.pidOf("store"), stack.pidOf("bus"), stack.pidOf("app")]);
    expect(readFileSync(pidFile("bus"), "utf8").trim()).toBe(String(stack.pidOf("bus")));
    await stack.stop();
    expect(noted().slice(3)).toEqual(["app stop", "bus stop", "store stop"]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(["app", "bus", "store", "stack"].filter((name) => existsSync(pidFile(name)))).toEqual([]);
    expect(await stack.ended).toBeUndefined();
  });

  test("a killed part comes back by itself, the others are not touched", async () => {
    const stack = await start([part("store"), part("app")]);
    const [killed, other] = [stack.pidOf("store"), stack.pidOf("app")];
    process.kill(killed ?? 0, "SIGKILL");
    await vi.waitFor(() => {
      expect(events).toContainEqual(expect.objectContaining({ kind: "ready", pid: stack.pidOf("store") }));
      expect(stack.pidOf("store")).not.toBe(killed);
      expect(stack.pidOf("store")).toBeDefined();
    }, within);
    expect(stack.pidOf("app")).toBe(other);
    expect([stack.restartsOf("store"), stack.restartsOf("app")]).toEqual([1, 0]);
    expect(events).toContainEqual({
      kind: "exited",
      part: "store",
      reason: "it ended with signal SIGKILL",
      expected: false,
    });
    expect(readFileSync(pidFile("store"), "utf8").trim()).toBe(String(stack.pidOf("store")));
  });

  test("a crash loop ends everything with one sentence that holds the last words", async () => {
    const stack = await start([part("healthy"), part("sick", "crashes")]);
    const reason = await stack.ended;
    expect(reason?.message).toMatch(/^sick ended 5 times within 30 s, .* exit code 7\. Its last lines: sick ready/u);
    expect(startedPids().filter(isAlive)).toEqual([]);
    expect(noted().filter((line) => line.startsWith("sick start"))).toHaveLength(5);
  });

  test("a part that fails to start stops the others and says why and where", async () => {
    const failing = start([part("store"), part("app", "fails", { needs: ["store"] })]);
    await expect(failing).rejects.toThrow(
      `app did not start: it ended with exit code 3. Its last lines: cannot find the treasure map (log: ${join(dataDir, "logs", "app.log")})`,
    );
    expect(noted()).toContain("store stop");
    expect(startedPids().filter(isAlive)).toEqual([]);
    expect(existsSync(pidFile("stack"))).toBe(false);
  });

  test("a command that does not exist is a failed start", async () => {
    const missing = { ...part("app"), command: join(dataDir, "no-such-program") };
    await expect(start([missing])).rejects.toThrow(/^app did not start: it ended with a failed start .*ENOENT/u);
  });

  test("a part that never becomes ready is a failed start, bounded in time", async () => {
    const mute = part("app", "mute", { readyTimeoutMs: 300 });
    await expect(start([mute])).rejects.toThrow("app did not start: it was not ready within 0.3 s");
    expect(startedPids().filter(isAlive)).toEqual([]);
  });

  test("readiness may be an answer over HTTP", async () => {
    const port = await freePort();
    const stack = await start([
      {
        ...part("app"),
        args: [FIXTURE, "mute", "app", journal, String(port)],
        readyWhen: { url: `http://127.0.0.1:${port}` },
      },
    ]);
    expect(isAlive(stack.pidOf("app"))).toBe(true);
  });

  test("a part that ignores SIGTERM is killed after its bound", async () => {
    const stack = await start([part("app", "stubborn", { stopTimeoutMs: 200 })]);
    await stack.stop();
    expect(noted()).toContain("app refuses");
    expect(startedPids().filter(isAlive)).toEqual([]);
  });

  test("a second stack on the same data is refused with the pid of the first, and does not harm it", async () => {
    const first = spawn(process.execPath, [SUPERVISE, dataDir, FIXTURE, journal], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => first.stdout.once("data", resolve));
    await expect(start([part("three")])).rejects.toThrow(`A stack is already running on ${dataDir} (pid ${first.pid})`);
    expect(startedPids().filter(isAlive)).toHaveLength(2);
    first.kill("SIGKILL");
    await vi.waitFor(() => expect(startedPids().filter(isAlive)).toEqual([]), within);
  });

  test("after the supervisor was killed its parts end and the next stack starts", async () => {
    const first = spawn(process.execPath, [SUPERVISE, dataDir, FIXTURE, journal], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => first.stdout.once("data", resolve));
    const orphans = startedPids();
    first.kill("SIGKILL");
    await new Promise((resolve) => first.once("exit", resolve));
    const stack = await start([part("one"), part("two")]);
    // Both of the earlier parts had ended before the first of the new ones began.
    expect(noted().slice(2, 4).toSorted()).toEqual(["one stop", "two stop"]);
    await vi.waitFor(() => expect(orphans.filter(isAlive)).toEqual([]), within);
    expect(isAlive(stack.pidOf("one"))).toBe(true);
  });

  test("a pid file of a process that is gone, or of a stranger, does not block", async () => {
    const stack = await start([part("one")]);
    await stack.stop();
    writeFileSync(pidFile("stack"), "999999999\n");
    writeFileSync(pidFile("one"), "not a number\n");
    const next = await start([part("one")]);
    expect(isAlive(next.pidOf("one"))).toBe(true);
  });

  test("a port in use is named before anything starts, with who needs it and how to move it", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const app = part("app", "lives", { ports: [{ port, variable: "LOCAL_APP_PORT" }] });
    await expect(start([part("store"), app])).rejects.toThrow(
      `Port ${port} (app, moved by LOCAL_APP_PORT) is in use. End the program that holds it or set the variable to a free port.`,
    );
    server.close();
    expect(noted()).toEqual([]);
  });

  test("an interrupted start stops what had started", async () => {
    const interrupt = new AbortController();
    const starting = start([part("store"), part("app", "mute", { needs: ["store"] })], { signal: interrupt.signal });
    await vi.waitFor(() => expect(noted().some((line) => line.startsWith("app start"))).toBe(true), within);
    interrupt.abort();
    await expect(starting).rejects.toThrow("interrupted");
    expect(startedPids().filter(isAlive)).toEqual([]);
  });

  test.each<[string, readonly Part[], RegExp]>([
    ["an unknown need", [part("app", "lives", { needs: ["nothing"] })], /app needs the part nothing/u],
    ["a circle", [part("a", "lives", { needs: ["b"] }), part("b", "lives", { needs: ["a"] })], /in a circle: a, b/u],
    ["a name twice", [part("a"), part("a")], /a name of its own/u],
  ])("%s is refused", async (_case, parts, message) => {
    await expect(start(parts)).rejects.toThrow(message);
  });
});
