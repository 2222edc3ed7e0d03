import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decideRestart } from "../../../local/supervisor/restart-policy.ts";
import { openLog } from "../../../local/supervisor/rotating-log.ts";

describe("restart policy", () => {
  test("waits longer with each end, up to the fifth within 30 seconds", () => {
    const exits = [0, 1000, 2000, 3000];
    const delays = exits.map((at, index) => decideRestart(exits.slice(0, index + 1), at));
    expect(delays.map((decision) => decision.kind === "restart" && decision.delayMs)).toEqual([100, 200, 400, 800]);
    expect(decideRestart([...exits, 29_999], 29_999)).toMatchObject({ kind: "giveUp", exits: 5 });
  });
  test("ends long ago do not count", () => {
    expect(decideRestart([0, 1000, 2000, 3000, 30_000], 30_000)).toMatchObject({ kind: "restart" });
    expect(decideRestart([0, 100_000], 100_000)).toEqual({ kind: "restart", delayMs: 100 });
  });
});

describe("part log", () => {
  test("reports lines cut anywhere, keeps the last ones and stays within two generations", () => {
    const folder = mkdtempSync(join(tmpdir(), "log-"));
    const path = join(folder, "logs", "part.log");
    const log = openLog(path, 100);
    const seen: string[] = [];
    for (const chunk of ["first\nsec", "ond\nthi"]) log.write(Buffer.from(chunk), (line) => seen.push(line));
    expect(seen).toEqual(["first", "second"]);
    expect(log.lastLines()).toEqual(["first", "second", "thi"]);
    for (let index = 0; index < 50; index += 1) log.write(Buffer.from(`line ${index}\n`), () => {});
    expect(log.lastLines()).toEqual([45, 46, 47, 48, 49].map((index) => `line ${index}`));
    log.close();
    const [current, older] = [readFileSync(path, "utf8"), readFileSync(`${path}.1`, "utf8")];
    expect(current.endsWith("line 49\n")).toBe(true);
    expect(Math.max(current.length, older.length)).toBeLessThanOrEqual(100);
    rmSync(folder, { recursive: true });
  });
});
