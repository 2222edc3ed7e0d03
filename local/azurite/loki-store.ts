// What this project uses of Azurite's table store, which keeps its tables in LokiJS and publishes no types for it.
import { ClearError } from "../support/clear-error.ts";

export type Row = Readonly<Record<string, unknown>>;

export interface Collection {
  readonly name: string;
  readonly data: readonly Row[];
  /** By the names of its indices. */
  readonly binaryIndices: Row;
  findOne(query: Row): Row | null;
  insert(row: Row): void;
  remove(row: Row): void;
  on(events: readonly string[], listener: (row: Row) => void): void;
}

export interface Database {
  readonly filename: string;
  readonly collections: readonly Collection[];
  getCollection(name: string): Collection | null;
  addCollection(name: string, options: Row): Collection;
  removeCollection(name: string): void;
  /** Writes all of the database to its file; every way to save leads here. */
  saveDatabaseInternal(callback: (error?: unknown) => void): void;
}

/** The methods of a store that are replaced on its prototype. */
export interface StorePrototype {
  /** The last step of the load, before the first save. */
  createServicePropsCollection: (this: { readonly db: Database }) => void;
  beginBatchTransaction: (this: { readonly db: Database }, ...args: unknown[]) => Promise<void>;
  endBatchTransaction: (this: { readonly db: Database }, ...args: unknown[]) => Promise<void>;
}

const METHODS = ["createServicePropsCollection", "beginBatchTransaction", "endBatchTransaction"];

/**
 * The prototype of Azurite's `LokiTableMetadataStore`, from its module.
 * @throws ClearError when this version of Azurite is built otherwise.
 */
export function storePrototypeOf(module: unknown): StorePrototype {
  const store = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  const prototype: unknown = typeof store === "function" ? store.prototype : undefined;
  if (!isObject(prototype) || !METHODS.every((name) => typeof prototype[name] === "function")) {
    throw new ClearError(
      "azurite: this version keeps its tables in another way; install the one of package-lock.json.",
    );
  }
  return asStorePrototype(prototype);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Guarantee: the caller has seen the three methods; Azurite's version is pinned and a test runs against it. */
function asStorePrototype(prototype: Record<string, unknown>): StorePrototype {
  return prototype as unknown as StorePrototype;
}
