// The data directory: generation n is `snapshot-n` (state when it began) and `journal-n` (what happened since).
// Opening replays the newest snapshot and every journal from there on, and begins a new generation. A generation's
// snapshot appears under its name only when it is complete, and older files go only after that: a crash at any moment
// leaves a directory that opens to the same state.
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { EngineRecord } from "../engine/records.ts";
import { encodeFrame, hasFrameAfter, readFrame } from "./codec.ts";

const HEADER = Buffer.from("SBQUEUE1");
const RECORDS_PER_FRAME = 200;
const FILE_NAME = /^(snapshot|journal)-(\d{1,12})$/;

export interface Recovery {
  readonly records: number;
  /** Bytes of an unfinished last write that were dropped; nobody had been told that they are safe. */
  readonly tornBytes: number;
}

const damaged = (path: string, at: number): Error =>
  new Error(
    `${path} is damaged at byte ${at}: records follow after it, so this is not an interrupted write. ` +
      "Restore the directory from a copy, or remove it to start with empty queues.",
  );

async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot open directories; renames are durable there without it.
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads one file; `mayBeTorn` when its end may be an interrupted write. Returns the number of bytes dropped. */
async function replayFile(
  path: string,
  mayBeTorn: boolean,
  apply: (entry: EngineRecord) => void,
): Promise<{ readonly records: number; readonly tornBytes: number }> {
  const file = await readFile(path);
  if (file.byteLength < HEADER.byteLength && mayBeTorn) return { records: 0, tornBytes: file.byteLength };
  if (!file.subarray(0, HEADER.byteLength).equals(HEADER)) {
    throw new Error(
      `${path} is not a file of this broker, or of another version of it. Remove its directory to start empty.`,
    );
  }
  let at = HEADER.byteLength;
  let records = 0;
  while (at < file.byteLength) {
    const frame = readFrame(file, at);
    if (frame.kind === "bad") {
      if (!mayBeTorn || hasFrameAfter(file, at)) throw damaged(path, at);
      return { records, tornBytes: file.byteLength - at };
    }
    for (const entry of frame.records) apply(entry);
    records += frame.records.length;
    at = frame.end;
  }
  return { records, tornBytes: 0 };
}

export class JournalStore {
  readonly #directory: string;
  #generation = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async #files(): Promise<{ readonly snapshots: readonly number[]; readonly journals: readonly number[] }> {
    const files = { snapshot: [] as number[], journal: [] as number[] };
    for (const name of await readdir(this.#directory)) {
      const match = FILE_NAME.exec(name);
      if (match?.[1] === "snapshot") files.snapshot.push(Number(match[2]));
      else if (match?.[1] === "journal") files.journal.push(Number(match[2]));
    }
    const ascending = (a: number, b: number): number => a - b;
    return { snapshots: files.snapshot.sort(ascending), journals: files.journal.sort(ascending) };
  }

  #path(kind: "snapshot" | "journal", generation: number): string {
    return join(this.#directory, `${kind}-${generation}`);
  }

  /** Creates the directory if need be and hands every surviving record to `apply`, in order. */
  async recover(apply: (entry: EngineRecord) => void): Promise<Recovery> {
    await mkdir(this.#directory, { recursive: true });
    const { snapshots, journals } = await this.#files();
    const newest = snapshots.at(-1) ?? 0;
    let records = 0;
    let tornBytes = 0;
    if (newest > 0) records += (await replayFile(this.#path("snapshot", newest), false, apply)).records;
    const relevant = journals.filter((generation) => generation >= newest);
    const written = await this.#lastWritten(relevant);
    for (const generation of relevant) {
      // A journal is written to its end before the next one gets its first frame, so only the last one can be torn.
      const result = await replayFile(this.#path("journal", generation), generation >= written, apply);
      records += result.records;
      tornBytes += result.tornBytes;
    }
    this.#generation = Math.max(newest, journals.at(-1) ?? 0);
    return { records, tornBytes };
  }

  /** The last generation whose journal has more than its header. */
  async #lastWritten(generations: readonly number[]): Promise<number> {
    let last = 0;
    for (const generation of generations) {
      const { size } = await stat(this.#path("journal", generation));
      if (size > HEADER.byteLength) last = generation;
    }
    return last;
  }

  /** Begins the next generation's journal. `writeSnapshot` must follow. */
  async openJournal(): Promise<FileHandle> {
    this.#generation += 1;
    const file = await open(this.#path("journal", this.#generation), "wx");
    await file.write(HEADER);
    await file.datasync();
    await syncDirectory(this.#directory);
    return file;
  }

  /** Writes the state with which the present generation began, then removes what it replaces. Returns its size. */
  async writeSnapshot(records: Iterable<EngineRecord>): Promise<number> {
    const generation = this.#generation;
    const path = this.#path("snapshot", generation);
    const temporary = `${path}.tmp`;
    const file = await open(temporary, "w");
    let bytes = 0;
    try {
      await file.write(HEADER);
      let batch: EngineRecord[] = [];
      for (const entry of records) {
        batch.push(entry);
        if (batch.length < RECORDS_PER_FRAME) continue;
        const frame = encodeFrame(batch);
        await file.appendFile(frame);
        bytes += frame.byteLength;
        batch = [];
      }
      if (batch.length > 0) await file.appendFile(encodeFrame(batch));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(this.#directory);
    await this.#removeBefore(generation);
    return bytes;
  }

  async #removeBefore(generation: number): Promise<void> {
    const { snapshots, journals } = await this.#files();
    for (const old of journals) if (old < generation) await rm(this.#path("journal", old), { force: true });
    for (const old of snapshots) if (old < generation) await rm(this.#path("snapshot", old), { force: true });
  }
}
