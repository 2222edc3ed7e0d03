// The registry's rows: one partition, one row per organisation.

import { defined } from "../kernel/defined.ts";
import { allRows } from "../platform/tables/all-rows.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { PlatformLog } from "../platform/signals.ts";
import { readAhead } from "../platform/tables/read-ahead.ts";
import { readableRow } from "../platform/tables/readable-row.ts";
import type { StoredRow, Tables, Written } from "../platform/tables/tables.ts";
import { organisationSchema, type Organisation } from "./organisation.ts";
import { ORGANISATIONS_TABLE } from "./resources.ts";

export interface Registered {
  readonly organisation: Organisation;
  readonly etag: string;
}

export interface OrganisationStore {
  read(organisationId: string): Promise<Registered | undefined>;
  /** Reads for whoever asks in about ascending order of ids; an answer may be two seconds old. One per look. */
  ahead(clock: Clock): (organisationId: string) => Promise<Organisation | undefined>;
  insert(organisation: Organisation): Promise<Written>;
  replace(organisation: Organisation, etag: string): Promise<Written>;
  remove(organisationId: string, etag: string): Promise<"removed" | "conflict">;
  /** Every organisation whose row can be read; the others are named to `onUnreadable` and in the log. */
  all(onUnreadable?: (organisationId: string) => void): AsyncGenerator<Organisation>;
  /** Ascending by organisation id. */
  list(
    limit: number,
    cursor?: string,
  ): Promise<{ readonly items: readonly Registered[]; readonly cursor: string | undefined }>;
}

const PARTITION = "organisations";
const codec = rowCodec(organisationSchema, "Organisations");

/** `log`: hears of rows that cannot be read; one such row does not hold up all others. */
export function organisationStore(tables: Tables, log?: PlatformLog): OrganisationStore {
  const decode = (row: StoredRow): Registered => ({ organisation: codec.decode(row.cells, row), etag: row.etag });
  const readable = (row: StoredRow): Registered | undefined => readableRow(row, decode, log);
  const table = tables.table(ORGANISATIONS_TABLE);
  const key = (organisationId: string) => ({ partition: PARTITION, row: organisationId });
  return {
    async read(organisationId) {
      const row = await table.read(key(organisationId));
      return row === undefined ? undefined : decode(row);
    },
    ahead(clock) {
      const read = readAhead(table, PARTITION, clock);
      return async (organisationId) => {
        const row = await read(organisationId);
        return row === undefined ? undefined : decode(row).organisation;
      };
    },
    insert: (organisation) => table.insert(key(organisation.organisationId), codec.encode(organisation)),
    replace: (organisation, etag) => table.replace(key(organisation.organisationId), codec.encode(organisation), etag),
    remove: (organisationId, etag) => table.remove(key(organisationId), etag),
    async *all(onUnreadable) {
      for await (const row of allRows(table, { partition: PARTITION })) {
        const found = readable(row);
        if (found === undefined) onUnreadable?.(row.row);
        else yield found.organisation;
      }
    },
    async list(limit, cursor) {
      const page = await table.list({ partition: PARTITION, limit, ...defined({ cursor }) });
      return {
        items: page.rows.flatMap((row) => readable(row) ?? []),
        cursor: page.cursor,
      };
    },
  };
}
