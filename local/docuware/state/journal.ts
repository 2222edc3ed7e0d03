// Append-only file of one organisation's events, one JSON line each. Lines that come while a write is under way go
// together in the next one; a long journal is replaced by a snapshot in one atomic rename.
import { readFileSync, rmSync, truncateSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Limiter } from "./limiter.ts";
import type { OrganisationEvent } from "./model.ts";
import { eventSchema } from "./model.ts";

const COMPACT_AFTER_LINES = 1000;

interface Pending {
  readonly line: string;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface JournalOptions {
  readonly path: string;
  readonly limiter: Limiter;
  /** The state as one event; called when the journal is replaced, after every appended event has been applied. */
  readonly snapshot: () => OrganisationEvent;
}

export class Journal {
  readonly #options: JournalOptions;
  #pending: Pending[] = [];
  #lines: number;
  #writing = false;
  #failure: unknown;

  constructor(options: JournalOptions, lines: number) {
    this.#options = options;
    this.#lines = lines;
  }

  /** Resolves when the event is written; with `durable` when the disk has it. After a failed write every call fails. */
  append(event: OrganisationEvent, durable: boolean): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending.push({ line: `${JSON.stringify(event)}\n`, durable, resolve, reject });
      if (!this.#writing) void this.#writeAll();
    });
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      // Taken in the same turn as the batch: the state holds exactly the events up to the end of it.
      const snapshot = this.#lines + batch.length > COMPACT_AFTER_LINES ? this.#options.snapshot() : undefined;
      try {
        await this.#options.limiter.run(() =>
          snapshot === undefined ? this.#append(batch) : this.#replace(`${JSON.stringify(snapshot)}\n`),
        );
        for (const entry of batch) entry.resolve();
      } catch (error) {
        // Memory is ahead of the disk now: this journal is over, and the organisation is read anew from the disk.
        this.#failure = error;
        for (const entry of [...batch, ...this.#pending]) entry.reject(error);
        this.#pending = [];
      }
    }
    this.#writing = false;
  }

  async #append(batch: readonly Pending[]): Promise<void> {
    const { path } = this.#options;
    if (this.#lines === 0) await mkdir(dirname(path), { recursive: true });
    const file = await open(path, "a");
    try {
      await file.appendFile(batch.map((entry) => entry.line).join(""));
      if (batch.some((entry) => entry.durable)) await file.datasync();
    } finally {
      await file.close();
    }
    this.#lines += batch.length;
  }

  async #replace(line: string): Promise<void> {
    const { path } = this.#options;
    const file = await open(`${path}.new`, "w");
    try {
      await file.writeFile(line);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    this.#lines = 1;
  }
}

/**
 * The events of the journal at `path`, oldest first; none when there is no file. A last line that a crash cut off was
 * never answered: it is removed. Anything else unreadable is an error that names the line.
 */
export function readJournal(path: string): OrganisationEvent[] {
  const bytes = readIfPresent(path);
  if (bytes === undefined) return [];
  rmSync(`${path}.new`, { force: true });
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) truncateSync(path, end);
  const lines = bytes.subarray(0, end).toString().split("\n").slice(0, -1);
  return lines.map((line, index) => {
    const event = eventSchema.safeParse(parseJson(line));
    if (event.success) return event.data;
    throw new Error(
      `Line ${index + 1} of ${path} is not an event of this simulator; move the file away to start anew.`,
    );
  });
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
