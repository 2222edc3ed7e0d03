// Reads rows of one partition for whoever asks for them in about ascending order of their keys, as a look at many
// organisations does: a page answers for those that are asked for next. One per look: what it has read counts for seconds.

import type { Clock } from "../clock/clock.ts";
import type { StoredRow, Table } from "./tables.ts";

const ROWS = 50;
/** As long as a look at single rows may take as well. */
const COUNTS_FOR_MS = 2000;

interface Page {
  readonly from: string;
  /** Undefined: to the end of the partition. */
  readonly to: string | undefined;
  readonly readAt: number;
  readonly rows: ReadonlyMap<string, StoredRow>;
}

/** The answer is at most two seconds old. Throws what the table throws. */
export function readAhead(
  table: Table,
  partition: string,
  clock: Clock,
): (row: string) => Promise<StoredRow | undefined> {
  let page: Page | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const ask = async (row: string): Promise<StoredRow | undefined> => {
    const now = clock.now();
    if (page === undefined || !covers(page, row) || Math.abs(now - page.readAt) > COUNTS_FOR_MS)
      page = await pageFrom(table, partition, row, now);
    // A row that is missed ends an upgrade before it begins: it is asked for by its name before that is believed.
    return page.rows.get(row) ?? table.read({ partition, row });
  };
  return (row) => {
    // One after the other, so that what is asked for at once shares a page.
    const answer = turn.then(() => ask(row));
    turn = answer.catch(() => undefined);
    return answer;
  };
}

async function pageFrom(table: Table, partition: string, from: string, readAt: number): Promise<Page> {
  const { rows, cursor } = await table.list({ partition, rowFrom: from, limit: ROWS });
  return {
    from,
    to: cursor === undefined ? undefined : rows.at(-1)?.row,
    readAt,
    rows: new Map(rows.map((row) => [row.row, row])),
  };
}

const covers = ({ from, to }: Page, row: string): boolean => row >= from && (to === undefined || row <= to);
