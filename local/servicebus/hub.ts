// Runs the engine's commands against the clock and the journal, and tells the links what there is to do.
import { Journal } from "../support/journal.ts";
import type { EngineRecord } from "./engine/records.ts";
import { createSpace } from "./engine/queue.ts";
import { finishRecovery, replay, snapshot } from "./engine/recovery.ts";
import { tick } from "./engine/time.ts";
import type { Queue, QueueOptions, SessionLock, Space } from "./engine/types.ts";

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
}

/** Nothing survives the process. */
const IN_MEMORY: Pick<Journal<EngineRecord>, "durable" | "next" | "append" | "whenDurable" | "close"> = {
  durable: Number.POSITIVE_INFINITY,
  next: 0,
  append: () => {},
  whenDurable: (done) => done(),
  close: () => Promise.resolve(),
};

export class Hub {
  readonly space: Space;
  readonly #options: HubOptions;
  #listener: HubListener | undefined;
  #journal = IN_MEMORY;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  /** Restores the queues from the data directory, if there is one. */
  constructor(options: HubOptions) {
    this.#options = options;
    this.space = createSpace(options.queues, options.dataDir !== undefined);
    if (options.dataDir !== undefined) this.#journal = this.#restore(options.dataDir);
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

  #restore(directory: string): Journal<EngineRecord> {
    const dropped = new Set<string>();
    let records = 0;
    const journal = new Journal<EngineRecord>({
      directory,
      apply: (entry) => {
        records += 1;
        if (!replay(this.space, entry)) dropped.add(entry.queue);
      },
      // The records share the messages' buffers, so this copies no content.
      snapshot: () => snapshot(this.space),
      onFailure: (cause) => this.#listener?.onFailure(cause),
      isOutdated: (name) => /^(?:snapshot|journal)-\d/u.test(name),
    });
    finishRecovery(this.space, this.#options.now());
    // All of it goes into the snapshot, so the records of the recovery itself are not needed.
    this.space.out.records = [];
    this.space.out.sync = false;
    journal.compact();
    if (records > 0) this.#options.log(`restored ${records} records from ${directory}`);
    for (const name of dropped) this.#options.log(`queue '${name}' is no longer configured: its messages are dropped`);
    return journal;
  }
}
