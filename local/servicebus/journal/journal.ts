// Append-only journal with group commit: while one write is being synced, the frames of all other commands gather and
// go out with the next one. Frames are numbered from 1; `durable` is the last one that survives a power cut.
import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { EngineRecord } from "../engine/records.ts";
import { encodeFrame } from "./codec.ts";

export interface Journal {
  /** Number of the last frame that is safe, `Infinity` when nothing is kept. */
  readonly durable: number;
  /** The number that the next frame gets. */
  readonly next: number;
  /** Adds one frame. With `sync` its durability is forced, otherwise it goes along with the next write. */
  append(records: readonly EngineRecord[], sync: boolean): void;
  /** Calls `done` once everything appended so far is durable, in the order of the calls; at once if it is already. */
  whenDurable(done: () => void): void;
  close(): Promise<void>;
}

/** Nothing survives the process. */
export const memoryJournal: Journal = {
  durable: Number.POSITIVE_INFINITY,
  next: 0,
  append: () => {},
  whenDurable: (done) => done(),
  close: () => Promise.resolve(),
};

interface Waiter {
  readonly frame: number;
  readonly done: () => void;
}

export interface FileJournalOptions {
  readonly file: FileHandle;
  /** Called once when a write or sync fails: the broker must stop, because it cannot keep its promises any more. */
  readonly onFailure: (cause: unknown) => void;
  /** Called after a flush with the bytes written to the current file. */
  readonly afterFlush?: (bytes: number) => void;
}

/** Into the operating system's cache, which takes microseconds; only the sync is worth a thread of its own. */
function writeAll(file: FileHandle, bytes: Buffer): void {
  for (let at = 0; at < bytes.byteLength;) at += writeSync(file.fd, bytes, at, bytes.byteLength - at);
}

export class FileJournal implements Journal {
  durable = 0;
  next = 1;
  #file: FileHandle;
  #fileBytes = 0;
  #pending: Buffer[] = [];
  #pendingSync = false;
  #waiters: Waiter[] = [];
  /** Last frame that somebody may wait for; frames without `sync` do not move it. */
  #lastSync = 0;
  #flushing: Promise<void> | undefined;
  #scheduled = false;
  #failed = false;
  readonly #options: FileJournalOptions;

  constructor(options: FileJournalOptions) {
    this.#options = options;
    this.#file = options.file;
  }

  append(records: readonly EngineRecord[], sync: boolean): void {
    this.#pending.push(encodeFrame(records));
    if (sync) {
      this.#pendingSync = true;
      this.#lastSync = this.next;
    }
    this.next += 1;
    this.#schedule();
  }

  whenDurable(done: () => void): void {
    if (this.durable >= this.#lastSync && this.#waiters.length === 0) done();
    else this.#waiters.push({ frame: this.#lastSync, done });
  }

  async close(): Promise<void> {
    await this.#drain();
    if (!this.#failed) await this.#file.datasync();
    await this.#file.close();
  }

  /**
   * Everything appended so far goes to the present file, everything later to `file`. `atSwitch` runs at exactly that
   * point, so that it sees the state with which the new file begins.
   */
  async switchTo(file: FileHandle, atSwitch: () => void): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    const old = this.#file;
    // No frame can come in between: the flush takes what is pending before it first waits.
    const flushed = this.#startFlush(true);
    this.#file = file;
    this.#fileBytes = 0;
    atSwitch();
    await flushed;
    await old.close();
  }

  /** One turn of the event loop for all commands of this turn. */
  #schedule(): void {
    if (this.#scheduled || this.#flushing !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#flushing === undefined) void this.#startFlush(false);
    });
  }

  async #drain(): Promise<void> {
    while (!this.#failed && (this.#flushing !== undefined || this.#pending.length > 0)) {
      await (this.#flushing ?? this.#startFlush(true));
    }
  }

  #startFlush(force: boolean): Promise<void> {
    this.#flushing = this.#flushOnce(force);
    return this.#flushing;
  }

  async #flushOnce(force: boolean): Promise<void> {
    try {
      await this.#flush(force);
    } catch (error) {
      if (!this.#failed) this.#options.onFailure(error);
      this.#failed = true;
    }
    this.#flushing = undefined;
    if (this.#failed) return;
    if (this.#pending.length > 0) this.#schedule();
    this.#options.afterFlush?.(this.#fileBytes);
  }

  async #flush(force: boolean): Promise<void> {
    const frames = this.#pending;
    const last = this.next - 1;
    const sync = force || this.#pendingSync;
    const file = this.#file;
    this.#pending = [];
    this.#pendingSync = false;
    const [only] = frames;
    if (only !== undefined) {
      const bytes = frames.length === 1 ? only : Buffer.concat(frames);
      this.#fileBytes += bytes.byteLength;
      writeAll(file, bytes);
    }
    if (sync) await file.datasync();
    // Frames without sync are only as safe as the operating system; nobody was promised more.
    this.durable = last;
    this.#wake();
  }

  #wake(): void {
    const ready = this.#waiters;
    let count = 0;
    for (const waiter of ready) {
      if (waiter.frame > this.durable) break;
      count += 1;
    }
    this.#waiters = ready.slice(count);
    for (const waiter of ready.slice(0, count)) waiter.done();
  }
}
