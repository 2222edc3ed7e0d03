// The registry's rows: one partition, one row per organisation.

import { defined } from "../kernel/defined.ts";
import { allRows, type StoredRow, type Tables } from "../platform/tables/tables.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { PlatformLog } from "../platform/signals.ts";
import { readAhead } from "../platform/tables/read-ahead.ts";
import { readableRow } from "../platform/tables/readable-row.ts";
import { organisationSchema, type Organisation } from "./organisation.ts";
import { ORGANISATIONS_TABLE } from "./resources.ts";

export interface Registered {
  readonly organisation: Organisation;
  readonly etag: string;
}

export type OrganisationStore = ReturnType<typeof organisationStore>;

const PARTITION = "organisations";
const codec = rowCodec(organisationSchema, "Organisations");

/** `log`: hears of rows that cannot be read; one such row does not hold up all others. */
export function organisationStore(tables: Tables, log?: PlatformLog) {
  const decode = (row: StoredRow): Registered => ({ organisation: codec.decode(row.cells, row), etag: row.etag });
  const readable = (row: StoredRow): Registered | undefined => readableRow(row, decode, log);
  const table = tables.table(ORGANISATIONS_TABLE);
  const key = (organisationId: string) => ({ partition: PARTITION, row: organisationId });
  return {
    async read(organisationId: string): Promise<Registered | undefined> {
      const row = await table.read(key(organisationId));
      return row === undefined ? undefined : decode(row);
    },
    /** Reads for whoever asks in about ascending order of ids; an answer may be two seconds old. One per look. */
    ahead(clock: Clock): (organisationId: string) => Promise<Organisation | undefined> {
      const read = readAhead(table, PARTITION, clock);
      return async (organisationId) => {
        const row = await read(organisationId);
        return row === undefined ? undefined : decode(row).organisation;
      };
    },
    insert: (organisation: Organisation) => table.insert(key(organisation.organisationId), codec.encode(organisation)),
    replace: (organisation: Organisation, etag: string) =>
      table.replace(key(organisation.organisationId), codec.encode(organisation), etag),
    remove: (organisationId: string, etag: string) => table.remove(key(organisationId), etag),
    /** Every organisation whose row can be read; the others are named to `onUnreadable` and in the log. */
    async *all(onUnreadable?: (organisationId: string) => void): AsyncGenerator<Organisation> {
      for await (const row of allRows(table, { partition: PARTITION })) {
        const found = readable(row);
        if (found === undefined) onUnreadable?.(row.row);
        else yield found.organisation;
      }
    },
    /** Ascending by organisation id. */
    async list(limit: number, cursor?: string) {
      const page = await table.list({ partition: PARTITION, limit, ...defined({ cursor }) });
      return { items: page.rows.flatMap((row) => readable(row) ?? []), cursor: page.cursor };
    },
  };
}
