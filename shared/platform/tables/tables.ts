// Port of Table storage: conditional writes only. A lost race is an outcome, never an exception; every other failure is
// a TransientFailure (worth another try) or a PermanentFailure. `azure-tables.ts` implements it on Azure Tables,
// `memory-tables.ts` for tests; both pass test/contract/platform/tables.suite.ts.

import { defined } from "../../kernel/defined.ts";

/**
 * What one property of a row can hold. Strings are limited to 32,767 characters (64 KiB of UTF-16), numbers must be
 * finite, names be like identifiers and none of partitionKey, rowKey, timestamp, etag; a row that breaks this or 1 MiB is
 * a PermanentFailure that names table, row and cell.
 */
export type Cell = string | number | boolean;
export type Cells = Readonly<Record<string, Cell>>;

export interface RowKey {
  /** Any text: characters that Table storage refuses are escaped by the implementation, in one place. */
  readonly partition: string;
  readonly row: string;
}

export interface StoredRow extends RowKey {
  readonly etag: string;
  readonly cells: Cells;
}

export type Written = { readonly kind: "written"; readonly etag: string } | { readonly kind: "conflict" };

/** One write of an entity group transaction; all writes share the partition. */
export type Write =
  | { readonly kind: "insert"; readonly row: string; readonly cells: Cells }
  | { readonly kind: "replace"; readonly row: string; readonly cells: Cells; readonly etag: string }
  | { readonly kind: "remove"; readonly row: string; readonly etag: string };

/** `etags` has one entry per write (empty text for a removal); `index` is the first write that lost its race. */
export type Transacted =
  | { readonly kind: "written"; readonly etags: readonly string[] }
  | { readonly kind: "conflict"; readonly index: number };

export interface ListQuery {
  readonly partition: string;
  /** Only rows whose key starts with this text. */
  readonly rowPrefix?: string;
  /** Only rows with this key or a later one. */
  readonly rowFrom?: string;
  /** Rows per page, 1 to 1,000. */
  readonly limit: number;
  /** Opaque position from the previous page. A text that is none throws InvalidCursor (a PermanentFailure). */
  readonly cursor?: string;
}

export interface Page {
  readonly rows: readonly StoredRow[];
  readonly cursor: string | undefined;
}

/**
 * An etag that this table never gave (also `*`) is an old one: a conflict. A write whose answer was lost throws
 * TransientFailure and is not repeated here, because its repetition would look like a lost race: read again and decide.
 */
export interface Table {
  read(key: RowKey): Promise<StoredRow | undefined>;
  /** Conflict when the row exists. */
  insert(key: RowKey, cells: Cells): Promise<Written>;
  /** Conflict when the row is gone or has another etag. */
  replace(key: RowKey, cells: Cells, etag: string): Promise<Written>;
  /** Conflict when the row is gone or has another etag. */
  remove(key: RowKey, etag: string): Promise<"removed" | "conflict">;
  /** All or nothing, 1 to 100 writes of distinct rows. */
  transact(partition: string, writes: readonly Write[]): Promise<Transacted>;
  /** Rows of one partition in ascending order of their keys (by UTF-16 code unit of the unescaped text for ASCII keys). */
  list(query: ListQuery): Promise<Page>;
}

export interface Tables {
  table(name: string): Table;
  /** Creates the tables that do not exist yet; used by local development and tests, in the cloud Bicep does it. */
  ensure(names: readonly string[]): Promise<void>;
}

/** `position`: that of the row's write in the transaction. */
export function writtenAt(done: Transacted, position = 0): Written {
  const etag = done.kind === "written" ? done.etags[position] : undefined;
  return etag === undefined ? { kind: "conflict" } : { kind: "written", etag };
}

export async function* allRows(
  table: Table,
  query: Pick<ListQuery, "partition" | "rowPrefix">,
): AsyncGenerator<StoredRow> {
  let cursor: string | undefined;
  do {
    const page = await table.list({ ...query, limit: 1000, ...defined({ cursor }) });
    yield* page.rows;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
