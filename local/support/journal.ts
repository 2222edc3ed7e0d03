// What a part of the stack must not forget, as a list of entries in one SQLite file that only one process can open.
// Invariants:
// J1 entries of one `append` are in the file together or not at all;
// J2 what `commit` has written survives a kill of the process, what `whenDurable` reports survives a power cut: SQLite
//    (WAL, synchronous=NORMAL) syncs around its checkpoints, and this class syncs the WAL after its commits. That is
//    synchronous=FULL, but the event loop goes on meanwhile, and what it brings shares the next sync.
// J3 `snapshot` leads to the same state as all entries so far, which it replaces in one transaction.
import { closeSync, existsSync, fdatasync, mkdirSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { ClearError, errorText } from "./clear-error.ts";

const FILE = "journal.db";
/** Raised whenever an older program could not read what a newer one writes. */
const VERSION = 1;
/** Pages of 16 KiB: a commit may hold a hundred messages, and each page costs. */
const PAGE_BYTES = 16_384;
const WAL_PAGES = 1000;
const COMPACT_ABOVE_BYTES = 64 * 1024 * 1024;
const ENTRIES_PER_ROW = 200;

export interface JournalOptions<T> {
  readonly directory: string;
  /** Called for every entry at the start, oldest first. */
  readonly apply: (entry: T) => void;
  /** Entries that lead to the present state, with everything that was appended so far. */
  readonly snapshot: () => Iterable<T>;
  /** Called once when the disk refuses: nothing is confirmed any more, and the part must stop. */
  readonly onFailure: (cause: unknown) => void;
  /** Tells the files of earlier versions of this project, which cannot be read any more. */
  readonly isOutdated: (name: string) => boolean;
  /** Default 64 MiB, and at least twice the last snapshot. */
  readonly compactAboveBytes?: number;
}

/** Appends are numbered from 1; `durable` is the number of the last one that is safe. */
export class Journal<T> {
  durable = 0;
  next = 1;
  readonly #options: JournalOptions<T>;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #wal: number;
  #pending: T[] = [];
  #waiters: { readonly number: number; readonly done: () => void }[] = [];
  /** The last append that somebody may wait for. */
  #lastAwaited = 0;
  #bytes = 0;
  #snapshotBytes = 0;
  #scheduled = false;
  #syncing: Promise<void> | undefined;
  #failed = false;

  /** @throws ClearError when the directory is in use, damaged, or of an earlier version of this project. */
  constructor(options: JournalOptions<T>) {
    this.#options = options;
    const path = join(options.directory, FILE);
    this.#db = openDatabase(options);
    this.#insert = this.#db.prepare("INSERT INTO entry (body) VALUES (?)");
    this.#wal = openSync(`${path}-wal`, "r+");
  }

  /** Takes part in the next commit. `awaited`: `whenDurable` waits for it; else it is safe with a later one. */
  append(entries: readonly T[], awaited = true): void {
    for (const entry of entries) this.#pending.push(entry);
    if (awaited) this.#lastAwaited = this.next;
    this.next += 1;
    this.#schedule();
  }

  /** Writes what is pending now, so that it survives a kill. */
  commit(): void {
    this.#guarded(() => this.#commit());
  }

  /** Calls `done` once everything appended so far is durable, in the order of the calls; at once if it is already. */
  whenDurable(done: () => void): void {
    if (this.durable >= this.#lastAwaited && this.#waiters.length === 0) done();
    else this.#waiters.push({ number: this.#lastAwaited, done });
  }

  /** Replaces all entries by a snapshot, which holds what is pending as well. */
  compact(): void {
    this.#db.exec("BEGIN; DELETE FROM entry");
    this.#bytes = 0;
    let part: T[] = [];
    for (const entry of this.#options.snapshot()) {
      if (part.push(entry) < ENTRIES_PER_ROW) continue;
      this.#write(part);
      part = [];
    }
    if (part.length > 0) this.#write(part);
    this.#db.exec("COMMIT");
    this.#snapshotBytes = this.#bytes;
    this.#pending = [];
  }

  async close(): Promise<void> {
    await this.#syncing;
    this.commit();
    closeSync(this.#wal);
    // The last checkpoint syncs the file itself.
    this.#db.close();
    if (!this.#failed) this.#confirm(this.next - 1);
  }

  #commit(): void {
    if (this.#pending.length === 0) return;
    const { compactAboveBytes = COMPACT_ABOVE_BYTES } = this.#options;
    if (this.#bytes > Math.max(compactAboveBytes, 2 * this.#snapshotBytes)) this.compact();
    else this.#write(this.#pending);
    this.#pending = [];
  }

  #write(entries: readonly T[]): void {
    const body = serialize(entries);
    this.#insert.run(body);
    this.#bytes += body.byteLength;
  }

  /** One commit for all appends of this turn of the event loop, and of the sync that is under way. */
  #schedule(): void {
    if (this.#scheduled || this.#syncing !== undefined || this.#failed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#db.isOpen) this.#guarded(() => this.#flush());
    });
  }

  #flush(): void {
    this.#commit();
    const last = this.next - 1;
    // What nobody waits for is only as safe as the operating system; nobody was promised more.
    if (this.#lastAwaited <= this.durable) this.#confirm(last);
    else {
      this.#syncing = new Promise((resolve) => {
        fdatasync(this.#wal, (error) => {
          this.#syncing = undefined;
          this.#guarded(() => {
            if (error !== null) throw error;
            this.#confirm(last);
            if (this.#pending.length > 0) this.#schedule();
          });
          resolve();
        });
      });
    }
  }

  #confirm(last: number): void {
    this.durable = last;
    const end = this.#waiters.findIndex(({ number }) => number > last);
    const ready = this.#waiters.splice(0, end === -1 ? this.#waiters.length : end);
    for (const { done } of ready) done();
  }

  #guarded(work: () => void): void {
    if (this.#failed) return;
    try {
      work();
    } catch (error) {
      this.#failed = true;
      this.#options.onFailure(error);
    }
  }
}

/** For parts that have nothing better to do: ends the process, so that nothing is answered that is not kept. */
export function endOnFailure(part: string): (cause: unknown) => void {
  return (cause) => {
    console.error(`${part}: the journal cannot be written, stopping: ${errorText(cause)}`);
    process.exit(1);
  };
}

function openDatabase<T>({ directory, apply, isOutdated }: JournalOptions<T>): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, FILE);
  const startAnew = `remove ${directory} to start anew (npm start -- --fresh does)`;
  if (!existsSync(path) && readdirSync(directory).some(isOutdated)) {
    throw new ClearError(`${directory} was written by an earlier version of this project; ${startAnew}.`);
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${WAL_PAGES};
      BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT; COMMIT`);
    const version = db.prepare("PRAGMA user_version").get()?.["user_version"];
    if (version !== 0 && version !== VERSION) throw new Error("it is of another version of this project");
    db.exec(`PRAGMA user_version = ${VERSION}`);
    for (const { body } of db.prepare("SELECT body FROM entry ORDER BY id").iterate()) {
      // Boundary: SQLite keeps rows whole, and the file's version was checked, so this is what `serialize` wrote.
      for (const entry of deserialize(body as Uint8Array) as readonly T[]) apply(entry);
    }
    return db;
  } catch (error) {
    if (db?.isOpen === true) db.close();
    if (errorText(error).includes("locked")) {
      throw new ClearError(`The data in ${directory} is in use by another process. Stop it, or give another --data.`);
    }
    throw new ClearError(`${path} cannot be used (${errorText(error)}); ${startAnew}.`);
  }
}
