// Every row of a partition, page by page.

import { defined } from "../../kernel/defined.ts";
import type { ListQuery, StoredRow, Table } from "./tables.ts";

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
