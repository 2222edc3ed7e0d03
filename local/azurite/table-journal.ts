// Makes Azurite's tables survive a kill. Azurite writes its tables to disk every five seconds, so what it had answered
// in between would be lost with its process. The journal writes each change before the answer. Invariants:
// J1 the changes of one call, or of one transaction, are one line, so a torn line is a change nobody was told of;
// J2 a change is in the journal until a save that holds it has succeeded; replaying what the save holds changes nothing,
//    because a line carries the row as it was after the change, or its absence.
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { z } from "zod";
import type { Collection, Database, Row, StorePrototype } from "./loki-store.ts";

const row = z.record(z.string(), z.unknown());
const changeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("create"), collection: z.string(), options: row }),
  z.object({ kind: z.literal("drop"), collection: z.string() }),
  z.object({ kind: z.literal("put"), collection: z.string(), row }),
  z.object({ kind: z.literal("delete"), collection: z.string(), row }),
]);
const lineSchema = z.array(changeSchema);
type Change = z.infer<typeof changeSchema>;

/** The properties that tell a row: of an entity, of a table in the list of tables, of an account's settings. */
const KEYS = ["PartitionKey", "RowKey", "account", "table", "accountName"];

const keyOf = (from: Row): Row =>
  Object.fromEntries(KEYS.flatMap((name) => (name in from ? [[name, from[name]]] : [])));

/** The row without what LokiJS added to it. */
function plain({ $loki: _id, meta: _meta, ...rest }: Row): Record<string, unknown> {
  return rest;
}

/** Replaces three methods of Azurite's store, so that every store loads from and writes to a journal. */
export function journalTables(store: StorePrototype): void {
  const journals = new WeakMap<Database, Journal>();
  const { createServicePropsCollection, beginBatchTransaction, endBatchTransaction } = store;
  store.createServicePropsCollection = function createWithJournal() {
    createServicePropsCollection.call(this);
    replay(this.db);
    journals.set(this.db, openJournal(this.db));
  };
  store.beginBatchTransaction = async function beginWithJournal(...args) {
    await beginBatchTransaction.apply(this, args);
    journals.get(this.db)?.begin();
  };
  store.endBatchTransaction = async function endWithJournal(...args) {
    try {
      // A failed transaction is rolled back in here; its changes and their reversal are one line.
      await endBatchTransaction.apply(this, args);
    } finally {
      journals.get(this.db)?.end();
    }
  };
}

interface Journal {
  /** From here to `end` all changes are one line. */
  begin(): void;
  end(): void;
}

function openJournal(db: Database): Journal {
  let generation = (generationsOf(db).at(-1) ?? 0) + 1;
  let file = openSync(pathOf(db, generation), "a");
  let changes: Change[] = [];
  let inTransaction = false;
  const flush = (): void => {
    if (changes.length === 0 || inTransaction) return;
    writeSync(file, `${JSON.stringify(changes)}\n`);
    changes = [];
  };
  const note = (change: Change): void => {
    // An update is a removal and an insertion in one go: the microtask comes after both and before the answer.
    if (changes.length === 0) queueMicrotask(flush);
    changes.push(change);
  };
  listen(db, note);
  const save = db.saveDatabaseInternal.bind(db);
  db.saveDatabaseInternal = (callback) => {
    // The save takes its copy of the data before it returns: what changes later belongs to the next generation.
    flush();
    const covered = generation;
    closeSync(file);
    generation += 1;
    file = openSync(pathOf(db, generation), "a");
    save((error) => {
      if (!error) for (const old of generationsOf(db)) if (old <= covered) rmSync(pathOf(db, old), { force: true });
      callback(error);
    });
  };
  return {
    begin() {
      flush();
      inTransaction = true;
    },
    end() {
      inTransaction = false;
      flush();
    },
  };
}

/** Reports every change of the database's collections, of those to come as well. */
function listen(db: Database, note: (change: Change) => void): void {
  const watch = (collection: Collection): void => {
    const { name } = collection;
    collection.on(["insert", "update"], (changed) => note({ kind: "put", collection: name, row: plain(changed) }));
    collection.on(["delete"], (gone) => note({ kind: "delete", collection: name, row: keyOf(gone) }));
  };
  for (const collection of db.collections) watch(collection);
  const add = db.addCollection.bind(db);
  db.addCollection = (name, options) => {
    const collection = add(name, options);
    note({ kind: "create", collection: name, options: { ...options } });
    watch(collection);
    return collection;
  };
  const remove = db.removeCollection.bind(db);
  db.removeCollection = (name) => {
    remove(name);
    note({ kind: "drop", collection: name });
  };
}

function replay(db: Database): void {
  for (const generation of generationsOf(db)) {
    for (const line of readFileSync(pathOf(db, generation), "utf8").split("\n")) {
      for (const change of parseLine(line)) apply(db, change);
    }
  }
}

function parseLine(line: string): readonly Change[] {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    // Torn by the kill, hence never answered (J1).
    return [];
  }
}

function apply(db: Database, change: Change): void {
  const collection = db.getCollection(change.collection);
  switch (change.kind) {
    case "create":
      if (collection === null) db.addCollection(change.collection, change.options);
      return;
    case "drop":
      if (collection !== null) db.removeCollection(change.collection);
      return;
    case "put":
    case "delete": {
      // The collection may be dropped already in the saved file; then a later line drops it again.
      const before = collection?.findOne(keyOf(change.row)) ?? null;
      if (before !== null) collection?.remove(before);
      if (change.kind === "put") collection?.insert(plain(change.row));
    }
  }
}

const pathOf = (db: Database, generation: number): string => `${db.filename}.journal.${generation}`;

/** The journal files beside the database, oldest first. */
function generationsOf(db: Database): readonly number[] {
  const prefix = `${basename(db.filename)}.journal.`;
  return readdirSync(dirname(db.filename))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((generation) => Number.isSafeInteger(generation))
    .sort((a, b) => a - b);
}
