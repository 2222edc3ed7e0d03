// Makes Azurite's tables survive a kill. Azurite writes all its tables to a JSON file every five seconds, so what it had
// answered in between would be lost with its process. Here the journal takes the place of that file: each change is in it
// before the answer, and Azurite's own saves do nothing. A change carries the row as it is afterwards, or its absence, so
// that applying one twice changes nothing.
import { basename, dirname } from "node:path";
import { endOnFailure, Journal } from "../support/journal.ts";
import type { Collection, Database, Row, StorePrototype } from "./loki-store.ts";

type Change =
  | { readonly kind: "create"; readonly collection: string; readonly options: Row }
  | { readonly kind: "drop"; readonly collection: string }
  | { readonly kind: "put" | "delete"; readonly collection: string; readonly row: Row };

/** The properties that tell a row: of an entity, of a table in the list of tables, of an account's settings. */
const KEYS = ["PartitionKey", "RowKey", "account", "table", "accountName"];

const keyOf = (from: Row): Row =>
  Object.fromEntries(KEYS.flatMap((name) => (name in from ? [[name, from[name]]] : [])));

/** The row without what LokiJS added to it. */
function plain({ $loki: _id, meta: _meta, ...rest }: Row): Row {
  return rest;
}

/** Replaces three methods of Azurite's store, so that every store loads from and writes to a journal. */
export function journalTables(store: StorePrototype): void {
  const journals = new WeakMap<Database, ChangeLog>();
  const { createServicePropsCollection, beginBatchTransaction, endBatchTransaction } = store;
  store.createServicePropsCollection = function createWithJournal() {
    createServicePropsCollection.call(this);
    journals.set(this.db, openJournal(this.db));
  };
  store.beginBatchTransaction = async function beginWithJournal(...args) {
    await beginBatchTransaction.apply(this, args);
    journals.get(this.db)?.begin();
  };
  store.endBatchTransaction = async function endWithJournal(...args) {
    try {
      // A failed transaction is rolled back in here; its changes and their reversal are one commit.
      await endBatchTransaction.apply(this, args);
    } finally {
      journals.get(this.db)?.end();
    }
  };
}

interface ChangeLog {
  /** From here to `end` all changes are one commit. */
  begin(): void;
  end(): void;
}

function openJournal(db: Database): ChangeLog {
  const journal = new Journal<Change>({
    directory: dirname(db.filename),
    apply: (change) => apply(db, change),
    snapshot: () => snapshot(db),
    onFailure: endOnFailure("azurite"),
    isOutdated: (name) => name === basename(db.filename),
  });
  let changes: Change[] = [];
  let inTransaction = false;
  const flush = (): void => {
    if (changes.length === 0 || inTransaction) return;
    journal.append(changes, false);
    journal.commit();
    changes = [];
  };
  listen(db, (change) => {
    // An update is a removal and an insertion in one go: the microtask comes after both and before the answer.
    if (changes.length === 0) queueMicrotask(flush);
    changes.push(change);
  });
  db.saveDatabaseInternal = (callback) => callback();
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

function* snapshot(db: Database): Generator<Change> {
  for (const { name, data, binaryIndices } of db.collections) {
    yield { kind: "create", collection: name, options: { indices: Object.keys(binaryIndices) } };
    for (const row of data) yield { kind: "put", collection: name, row: plain(row) };
  }
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
      const before = collection?.findOne(keyOf(change.row)) ?? null;
      if (before !== null) collection?.remove(before);
      if (change.kind === "put") collection?.insert(plain(change.row));
    }
  }
}
