// Tables on Azure Table storage (azure-tables-client.ts).
import { once } from "../once.ts";
import type { AzureTablesOptions } from "./azure-tables-client.ts";
import type { Table, Tables } from "./tables.ts";

/** A connection string that is none fails the calls, not this one. */
export function azureTables(options: AzureTablesOptions): Tables {
  const open = once(async () => (await import("./azure-tables-client.ts")).openAzureTables(options));
  return {
    table: (name) => lazyTable(async () => (await open()).table(name)),
    ensure: async (names) => (await open()).ensure(names),
  };
}

function lazyTable(open: () => Promise<Table>): Table {
  return {
    read: async (...args) => (await open()).read(...args),
    insert: async (...args) => (await open()).insert(...args),
    replace: async (...args) => (await open()).replace(...args),
    remove: async (...args) => (await open()).remove(...args),
    transact: async (...args) => (await open()).transact(...args),
    list: async (...args) => (await open()).list(...args),
  };
}
