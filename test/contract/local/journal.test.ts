// The journal under broker, tables and simulator: what it confirms is there after every kind of end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { Journal, type JournalOptions } from "../../../local/support/journal.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "journal-"));
  cleanUp.push(() => rmSync(path, { recursive: true }));
  return path;
}

interface Opened {
  readonly journal: Journal<unknown>;
  /** Everything in the journal: what was there at the start, and what `add` appended. */
  readonly entries: unknown[];
  readonly add: (...entries: readonly unknown[]) => void;
}

function open(directory: string, options: Partial<JournalOptions<unknown>> = {}): Opened {
  const entries: unknown[] = [];
  const journal = new Journal<unknown>({
    directory,
    apply: (entry) => entries.push(entry),
    snapshot: () => entries,
    onFailure: (cause) => expect.unreachable(String(cause)),
    isOutdated: (name) => name === "old",
    ...options,
  });
  const add = (...added: readonly unknown[]): void => {
    entries.push(...added);
    journal.append(added);
  };
  return { journal, entries, add };
}

const durable = (journal: Journal<unknown>): Promise<void> => new Promise((resolve) => journal.whenDurable(resolve));

/** What a start on the directory finds, as it is now on the disk: the present owner need not end. */
async function found(directory: string): Promise<readonly unknown[]> {
  const copy = folder();
  cpSync(directory, copy, { recursive: true });
  const { journal, entries } = open(copy);
  await journal.close();
  return entries;
}

test("answers come in order when their entries are durable, many with one sync; nobody waits for the lazy ones", async () => {
  const directory = folder();
  const { journal, add } = open(directory);
  const order: number[] = [];
  for (const number of [1, 2, 3]) {
    add(number);
    journal.whenDurable(() => order.push(number));
  }
  expect(order).toEqual([]);
  await durable(journal);
  expect([order, journal.durable, await found(directory)]).toEqual([[1, 2, 3], 3, [1, 2, 3]]);
  journal.append([4], false);
  let isCalled = false;
  journal.whenDurable(() => (isCalled = true));
  expect(isCalled).toBe(true);
  await journal.close();
  expect(await found(directory)).toEqual([1, 2, 3, 4]);
});

test("what is committed survives a kill, also when nobody waits for it; all kinds of values come back", async () => {
  const directory = folder();
  const { journal } = open(directory);
  const entry = { map: new Map([["a", Buffer.from("b")]]), nothing: undefined, never: Infinity };
  journal.append([entry], false);
  journal.commit();
  expect(await found(directory)).toEqual([entry]);
  await journal.close();
});

test("a write that was interrupted at any byte is dropped whole, what was before it stays", async () => {
  const directory = folder();
  const { journal, add } = open(directory);
  add("first");
  await durable(journal);
  const wal = join(directory, "journal.db-wal");
  const before = readFileSync(wal).byteLength;
  add("second", "x".repeat(10_000));
  await durable(journal);
  const whole = readFileSync(wal).byteLength;
  for (const cut of [1, 100, 4096, whole - before - 1, whole - before]) {
    const copy = folder();
    cpSync(directory, copy, { recursive: true });
    truncateSync(join(copy, "journal.db-wal"), whole - cut);
    expect(await found(copy)).toEqual(["first"]);
  }
  await journal.close();
});

test("a snapshot takes the place of all entries once they have grown; what is pending is in it", async () => {
  const directory = folder();
  const options = { compactAboveBytes: 200 };
  const first = open(directory, { ...options, snapshot: () => ["sum", first.entries.length] });
  for (let number = 0; number < 300; number += 1) {
    first.add(number);
    if (number % 50 === 49) await durable(first.journal);
  }
  await first.journal.close();
  const { entries, journal } = open(directory);
  expect(entries.length).toBeLessThan(300);
  // The last snapshot counted what was there; what came later follows it, and nothing is missing.
  const at = entries.lastIndexOf("sum");
  const counted = Number(entries[at + 1]);
  expect(entries.slice(at + 2)).toEqual(Array.from({ length: 300 - counted }, (_, index) => counted + index));
  await journal.close();
});

test("a disk that refuses is reported once, and nothing is confirmed any more", async () => {
  const onFailure = vi.fn();
  const snapshot = (): never => {
    throw new Error("no room");
  };
  const { journal } = open(folder(), { compactAboveBytes: 0, snapshot, onFailure });
  const confirmed = vi.fn();
  journal.append([1]);
  await durable(journal);
  journal.append([2]);
  journal.whenDurable(confirmed);
  await vi.waitFor(() => expect(onFailure).toHaveBeenCalledTimes(1));
  journal.append([3]);
  journal.whenDurable(confirmed);
  await journal.close();
  expect(confirmed).not.toHaveBeenCalled();
  expect(onFailure).toHaveBeenCalledTimes(1);
});

test("only one can have it at a time", async () => {
  const directory = folder();
  const { journal } = open(directory);
  expect(() => open(directory)).toThrow(/is in use by another process/u);
  await journal.close();
  await open(directory).journal.close();
});

test.each([
  ["old", "", /was written by an earlier version of this project; remove/u],
  ["journal.db", "not a journal at all", /journal\.db cannot be used \(.*not a database\); remove/u],
])("the file %s, which is none of this version, is refused with one sentence", (name, content, sentence) => {
  const directory = folder();
  writeFileSync(join(directory, name), content);
  expect(() => open(directory)).toThrow(sentence);
});

const CHILD = `
import { Journal } from ${JSON.stringify(new URL("../../../local/support/journal.ts", import.meta.url).href)};
const state = [];
const journal = new Journal({ directory: process.argv[1], apply: (n) => state.push(n), snapshot: () => state,
  onFailure: () => process.exit(9), isOutdated: () => false, compactAboveBytes: 5000 });
console.log("found " + state.join());
const from = Math.max(-1, ...state) + 1;
for (let worker = 0; worker < 20; worker += 1) next(from + worker);
function next(n) { state.push(n); journal.append([n]); journal.whenDurable(() => { console.log("confirmed " + n); next(n + 20); }); }
`;

test("killed again and again under load, it has everything that it confirmed", async () => {
  const directory = folder();
  const confirmed = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD, directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    cleanUp.push(() => child.kill("SIGKILL"));
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await vi.waitFor(() => expect(text.match(/confirmed/gu)?.length ?? 0).toBeGreaterThan(200), 20_000);
    child.kill("SIGKILL");
    await once(child, "close");
    const [foundLine = "", ...lines] = text.split("\n");
    const there = new Set(foundLine.replace("found ", "").split(","));
    expect([...confirmed].filter((one) => !there.has(one))).toEqual([]);
    for (const line of lines.slice(0, -1)) confirmed.add(line.replace("confirmed ", ""));
  }
  expect(confirmed.size).toBeGreaterThan(600);
});
