// Runs the engine's commands against the clock and the journal, and tells the links what there is to do.
import type { FileHandle } from "node:fs/promises";
import type { EngineRecord } from "./engine/records.ts";
import { createSpace } from "./engine/queue.ts";
import { finishRecovery, replay, snapshot } from "./engine/recovery.ts";
import { tick } from "./engine/time.ts";
import type { Queue, QueueOptions, SessionLock, Space } from "./engine/types.ts";
import { FileJournal, memoryJournal, type Journal } from "./journal/journal.ts";
import { JournalStore } from "./journal/store.ts";

/** A journal below this is not worth compacting. */
const COMPACT_ABOVE_BYTES = 64 * 1024 * 1024;
/** Timers cannot wait longer than 2^31 ms; waking up for nothing once a minute costs nothing. */
const LONGEST_SLEEP_MS = 60_000;

export interface HubListener {
  /** Something became deliverable (and durable) in these queues, or for the holders of these sessions. */
  readonly onWork: (queues: Iterable<Queue>, owners: Iterable<number>) => void;
  readonly onSessionLost: (lock: SessionLock) => void;
  /** The journal cannot be written any more. */
  readonly onFailure: (cause: unknown) => void;
}

export interface HubOptions {
  readonly queues: readonly QueueOptions[];
  /** Undefined = in memory. */
  readonly dataDir: string | undefined;
  readonly now: () => number;
  readonly log: (line: string) => void;
  readonly compactAboveBytes?: number;
}

export class Hub {
  readonly space: Space;
  readonly #options: HubOptions;
  #listener: HubListener | undefined;
  #journal: Journal = memoryJournal;
  #store: JournalStore | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #compacting: Promise<void> | undefined;
  #snapshotBytes = 0;
  #closed = false;

  private constructor(options: HubOptions) {
    this.#options = options;
    this.space = createSpace(options.queues, options.dataDir !== undefined);
  }

  /** Restores the queues from the data directory, if there is one. */
  static async open(options: HubOptions): Promise<Hub> {
    const hub = new Hub(options);
    if (options.dataDir !== undefined) await hub.#restore(options.dataDir);
    return hub;
  }

  get durable(): number {
    return this.#journal.durable;
  }

  listen(listener: HubListener): void {
    this.#listener = listener;
    this.#arm();
  }

  /** Runs one command. What it wrote becomes durable later: answer the client from `whenDurable`. */
  run<T>(command: (space: Space, now: number) => T): T {
    this.space.commit = this.#journal.next;
    try {
      return command(this.space, this.#options.now());
    } finally {
      this.#publish();
    }
  }

  whenDurable(done: () => void): void {
    this.#journal.whenDurable(done);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#compacting;
    await this.#journal.close();
  }

  #publish(): void {
    const { out } = this.space;
    if (out.records.length > 0) {
      this.#journal.append(out.records, out.sync);
      out.records = [];
      out.sync = false;
    }
    if (out.lostSessions.length > 0) {
      const lost = out.lostSessions;
      out.lostSessions = [];
      for (const lock of lost) this.#listener?.onSessionLost(lock);
    }
    if (out.touchedQueues.size > 0 || out.touchedOwners.size > 0) {
      const queues = [...out.touchedQueues];
      const owners = [...out.touchedOwners];
      out.touchedQueues.clear();
      out.touchedOwners.clear();
      this.#journal.whenDurable(() => this.#listener?.onWork(queues, owners));
    }
    if (this.space.wakeAt < this.#timerAt) this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timerAt = this.space.wakeAt;
    if (this.#closed || !Number.isFinite(this.#timerAt)) return;
    const sleep = Math.min(Math.max(0, this.#timerAt - this.#options.now()), LONGEST_SLEEP_MS);
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.run(tick);
      this.#arm();
    }, sleep);
  }

  async #restore(dataDir: string): Promise<void> {
    const store = new JournalStore(dataDir);
    const dropped = new Set<string>();
    const apply = (entry: EngineRecord): void => {
      if (!replay(this.space, entry)) dropped.add(entry.queue);
    };
    const { records, tornBytes } = await store.recover(apply);
    finishRecovery(this.space, this.#options.now());
    // All of it goes into the snapshot, so the records of the recovery itself are not needed.
    this.space.out.records = [];
    this.space.out.sync = false;
    if (records > 0) this.#options.log(`restored ${records} records from ${dataDir}`);
    if (tornBytes > 0) this.#options.log(`dropped ${tornBytes} bytes of a write that was interrupted`);
    for (const name of dropped) this.#options.log(`queue '${name}' is no longer configured: its messages are dropped`);
    const file = await store.openJournal();
    this.#snapshotBytes = await store.writeSnapshot(snapshot(this.space));
    this.#store = store;
    this.#journal = new FileJournal({
      file,
      onFailure: (cause) => this.#listener?.onFailure(cause),
      afterFlush: (bytes) => this.#compactIfLarge(bytes),
    });
  }

  #compactIfLarge(journalBytes: number): void {
    const limit = Math.max(this.#options.compactAboveBytes ?? COMPACT_ABOVE_BYTES, 2 * this.#snapshotBytes);
    if (journalBytes < limit || this.#compacting !== undefined || this.#closed) return;
    this.#compacting = this.#compact()
      .catch((error: unknown) => this.#listener?.onFailure(error))
      .finally(() => {
        this.#compacting = undefined;
      });
  }

  async #compact(): Promise<void> {
    const store = this.#store;
    if (store === undefined || !(this.#journal instanceof FileJournal)) return;
    const file: FileHandle = await store.openJournal();
    let state: EngineRecord[] = [];
    // The records share the messages' buffers, so this copies no content.
    await this.#journal.switchTo(file, () => {
      state = [...snapshot(this.space)];
    });
    this.#snapshotBytes = await store.writeSnapshot(state);
  }
}
