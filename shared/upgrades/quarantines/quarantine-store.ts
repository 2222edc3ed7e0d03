// Rows of quarantined versions; lifted ones stay as a record.

import { rowCodec } from "../../platform/tables/row-codec.ts";
import { allRows, type Tables, type Written } from "../../platform/tables/tables.ts";
import { quarantineSchema, type Quarantine } from "../core/quarantine.ts";
import { QUARANTINES_TABLE } from "../resources.ts";

export interface StoredQuarantine {
  readonly quarantine: Quarantine;
  readonly etag: string;
}

const PARTITION = "quarantines";
const codec = rowCodec(quarantineSchema, "Quarantines");

export type QuarantineStore = ReturnType<typeof quarantineStore>;

export function quarantineStore(tables: Tables) {
  const table = tables.table(QUARANTINES_TABLE);
  return {
    async read(version: string): Promise<StoredQuarantine | undefined> {
      const row = await table.read({ partition: PARTITION, row: version });
      return row === undefined ? undefined : { quarantine: codec.decode(row.cells, row), etag: row.etag };
    },
    /** Without an etag the first one of its version. */
    write: (quarantine: Quarantine, etag?: string): Promise<Written> => {
      const key = { partition: PARTITION, row: quarantine.version };
      const cells = codec.encode(quarantine);
      return etag === undefined ? table.insert(key, cells) : table.replace(key, cells, etag);
    },
    /** Every version that was ever quarantined; a handful. */
    async all(): Promise<readonly Quarantine[]> {
      const found: Quarantine[] = [];
      for await (const row of allRows(table, { partition: PARTITION })) found.push(codec.decode(row.cells, row));
      return found;
    },
  };
}
