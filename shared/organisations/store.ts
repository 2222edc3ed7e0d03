// The registry's rows: one partition, one row per organisation.

import { allRows } from "../platform/all-rows.ts";
import { rowCodec } from "../platform/row-codec.ts";
import type { Tables, Written } from "../platform/tables.ts";
import { organisationSchema, type Organisation } from "./organisation.ts";

export interface Registered {
  readonly organisation: Organisation;
  readonly etag: string;
}

export interface OrganisationStore {
  read(organisationId: string): Promise<Registered | undefined>;
  insert(organisation: Organisation): Promise<Written>;
  replace(organisation: Organisation, etag: string): Promise<Written>;
  remove(organisationId: string, etag: string): Promise<"removed" | "conflict">;
  /** Every organisation. */
  all(): AsyncGenerator<Organisation>;
  /** Ascending by organisation id. */
  list(
    limit: number,
    cursor?: string,
  ): Promise<{ readonly items: readonly Registered[]; readonly cursor: string | undefined }>;
}

const PARTITION = "organisations";
const codec = rowCodec(organisationSchema);

export function organisationStore(tables: Tables): OrganisationStore {
  const table = tables.table("Organisations");
  const key = (organisationId: string) => ({ partition: PARTITION, row: organisationId });
  return {
    async read(organisationId) {
      const row = await table.read(key(organisationId));
      return row === undefined ? undefined : { organisation: codec.decode(row.cells), etag: row.etag };
    },
    insert: (organisation) => table.insert(key(organisation.organisationId), codec.encode(organisation)),
    replace: (organisation, etag) => table.replace(key(organisation.organisationId), codec.encode(organisation), etag),
    remove: (organisationId, etag) => table.remove(key(organisationId), etag),
    async *all() {
      for await (const row of allRows(table, { partition: PARTITION })) yield codec.decode(row.cells);
    },
    async list(limit, cursor) {
      const page = await table.list({ partition: PARTITION, limit, ...(cursor === undefined ? {} : { cursor }) });
      return {
        items: page.rows.map((row) => ({ organisation: codec.decode(row.cells), etag: row.etag })),
        cursor: page.cursor,
      };
    },
  };
}
