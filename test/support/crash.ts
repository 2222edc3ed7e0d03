// A process that dies: none of its calls gets through any more.

import type { Table, Tables } from "../../shared/platform/tables/tables.ts";

export class Crash extends Error {}

export type CrashGuard = <T>(call: () => Promise<T>) => Promise<T>;

export function guardTables(tables: Tables, guard: CrashGuard): Tables {
  const guarded = (table: Table): Table => ({
    read: (key) => guard(() => table.read(key)),
    insert: (key, cells) => guard(() => table.insert(key, cells)),
    replace: (key, cells, etag) => guard(() => table.replace(key, cells, etag)),
    remove: (key, etag) => guard(() => table.remove(key, etag)),
    transact: (partition, writes) => guard(() => table.transact(partition, writes)),
    list: (query) => guard(() => table.list(query)),
  });
  return { table: (name) => guarded(tables.table(name)), ensure: (names) => tables.ensure(names) };
}

/** Nothing when the process died meanwhile. */
export async function survive<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Crash) return undefined;
    throw error;
  }
}
