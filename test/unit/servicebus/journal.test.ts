import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { EngineRecord } from "../../../local/servicebus/engine/records.ts";
import { FileJournal } from "../../../local/servicebus/journal/journal.ts";
import { JournalStore } from "../../../local/servicebus/journal/store.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "servicebus-journal-"));
  cleanUp.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const entry = (last: number): EngineRecord => ({ kind: "sequence", queue: "q", last });
const numbersOf = (records: readonly EngineRecord[]): readonly number[] =>
  records.map((record) => (record.kind === "sequence" ? record.last : -1));

async function recovered(path: string) {
  const records: EngineRecord[] = [];
  const recovery = await new JournalStore(path).recover((record) => records.push(record));
  return { numbers: numbersOf(records), ...recovery };
}

async function write(path: string, numbers: readonly number[], snapshot: readonly number[] = []): Promise<FileJournal> {
  const store = new JournalStore(path);
  await store.recover(() => {});
  const file = await store.openJournal();
  await store.writeSnapshot(snapshot.map(entry));
  const failures: unknown[] = [];
  const journal = new FileJournal({ file, onFailure: (cause) => failures.push(cause) });
  for (const number of numbers) journal.append([entry(number)], true);
  return journal;
}

const lastJournal = async (path: string): Promise<string> => {
  const names = (await readdir(path)).filter((name) => name.startsWith("journal-")).toSorted();
  return join(path, names.at(-1) ?? "");
};

describe("group commit", () => {
  test("answers come in order, when their frame is durable, many with one write", async () => {
    const path = await directory();
    const journal = await write(path, []);
    const order: number[] = [];
    for (const number of [1, 2, 3]) {
      journal.append([entry(number)], true);
      journal.whenDurable(() => order.push(number));
    }
    expect(order).toEqual([]);
    await new Promise<void>((resolve) => {
      journal.whenDurable(resolve);
    });
    expect(order).toEqual([1, 2, 3]);
    expect(journal.durable).toBe(3);
    await journal.close();
    expect((await recovered(path)).numbers).toEqual([1, 2, 3]);
  });

  test("nobody waits for what was written lazily", async () => {
    const path = await directory();
    const journal = await write(path, []);
    journal.append([entry(1)], false);
    let called = false;
    journal.whenDurable(() => {
      called = true;
    });
    expect(called).toBe(true);
    await journal.close();
    expect((await recovered(path)).numbers).toEqual([1]);
  });

  test("a disk that fails is reported once and nothing is confirmed any more", async () => {
    const path = await directory();
    const store = new JournalStore(path);
    await store.recover(() => {});
    const file = await store.openJournal();
    const failure = await new Promise<unknown>((resolve) => {
      const journal = new FileJournal({ file, onFailure: resolve });
      void file.close().then(() => {
        journal.append([entry(1)], true);
        journal.whenDurable(() => resolve("confirmed"));
        return undefined;
      });
    });
    expect(failure).toBeInstanceOf(Error);
  });
});

describe("recovery", () => {
  test("a new directory is empty", async () => {
    expect(await recovered(join(await directory(), "new"))).toEqual({ numbers: [], records: 0, tornBytes: 0 });
  });

  test("an interrupted last write is dropped at whatever byte it ended", async () => {
    const path = await directory();
    const journal = await write(path, [1, 2, 3]);
    await journal.close();
    const file = await lastJournal(path);
    const whole = await readFile(file);
    const frame = (whole.byteLength - 8) / 3;
    for (const cut of [1, 5, 11, 13, frame - 1]) {
      await writeFile(file, whole);
      await truncate(file, whole.byteLength - cut);
      const result = await recovered(path);
      expect(result.numbers).toEqual([1, 2]);
      expect(result.tornBytes).toBe(frame - cut);
    }
    await truncate(file, 3);
    expect((await recovered(path)).numbers).toEqual([]);
  });

  test("a changed byte in the middle is damage, not an interrupted write", async () => {
    const path = await directory();
    const journal = await write(path, [1, 2, 3]);
    await journal.close();
    const file = await lastJournal(path);
    const whole = await readFile(file);
    // In the length, in the checksum and in the data of the first frame.
    for (const at of [8, 12, 16, 24, 40]) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      await writeFile(file, damaged);
      await expect(recovered(path)).rejects.toThrow(/is damaged at byte 8/);
    }
  });

  test("a file of something else is refused by name", async () => {
    const path = await directory();
    await writeFile(join(path, "journal-1"), "not a journal at all");
    await expect(recovered(path)).rejects.toThrow(/journal-1 is not a file of this broker/);
  });

  test("a crash before the new snapshot is complete falls back to the old one and both journals", async () => {
    const path = await directory();
    const journal = await write(path, [1, 2], [0]);
    const store = new JournalStore(path);
    await store.recover(() => {});
    const file = await store.openJournal();
    let switched = false;
    await journal.switchTo(file, () => {
      switched = true;
    });
    journal.append([entry(3)], true);
    await journal.close();
    await writeFile(join(path, "snapshot-2.tmp"), "half a snapshot");
    expect(switched).toBe(true);
    expect((await recovered(path)).numbers).toEqual([0, 1, 2, 3]);
  });

  test("a complete snapshot replaces what was before it", async () => {
    const path = await directory();
    await (await write(path, [1, 2], [])).close();
    await (await write(path, [3], [2])).close();
    expect((await recovered(path)).numbers).toEqual([2, 3]);
    expect((await readdir(path)).toSorted()).toEqual(["journal-2", "snapshot-2"]);
  });
});
