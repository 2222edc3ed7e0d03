// Entries of a period, newest first: day by day, the shards of a day merged. A page examines a bounded number of rows, so
// one of a quiet period may be short, or empty, although there is more.

import { parseJson } from "../kernel/json.ts";
import { newestFirst } from "../kernel/time/time-keys.ts";
import { DAY_MS } from "../kernel/time/durations.ts";
import { z } from "zod";
import { decodeCursor, encodeCursor, InvalidCursor } from "../platform/tables/cursor.ts";
import type { Table } from "../platform/tables/tables.ts";
import type { Entry } from "./entry.ts";
import { AUDIT_SHARDS, dayOf, entriesOf, type KeyedEntry, partitionOf } from "./store.ts";
import { part } from "../kernel/text.ts";

export interface EntryQuery {
  /** First instant of the period; 30 days before its end when absent. */
  readonly from?: number | undefined;
  /** First instant after the period; now when absent. */
  readonly to?: number | undefined;
  /** 1 to 500. */
  readonly limit: number;
  /** Holds the period, too. */
  readonly cursor?: string | undefined;
}

export interface EntryPage {
  readonly items: readonly Entry[];
  readonly cursor: string | undefined;
}

/** Reads of the table per page: 30 empty days, or about 60,000 rows. */
const MAX_READS = 120;
const MIN_ROWS = 20;
const DEFAULT_PERIOD_MS = 30 * DAY_MS;

interface Period {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** Where a page ended: of which period, on which day, where each shard goes on (`""` from its start, null: at its end), after which entry. */
const positionSchema = z.tuple([
  z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  z.int().nonnegative().multipleOf(DAY_MS),
  z.array(z.string().max(300).nullable()).length(AUDIT_SHARDS),
  z.string().max(100),
]);
type Position = z.infer<typeof positionSchema>;

interface Shard {
  readonly partition: string;
  /** Where to read next; while there are entries, where the rows begin that they come from. */
  cursor: string | null;
  next: string | null;
  entries: readonly KeyedEntry[];
}

/** Throws InvalidCursor for a cursor that is none of this list or belongs to another period. */
export async function listEntries(table: Table, query: EntryQuery, now: number): Promise<EntryPage> {
  const items: Entry[] = [];
  const reads = { left: MAX_READS };
  let position = query.cursor === undefined ? firstPosition(query, now) : positionOf(query.cursor, query);
  const [[from, to]] = position;
  if (to <= from) return { items, cursor: undefined };
  for (;;) {
    const [, day] = position;
    const read = await readDay(table, { from, to, limit: query.limit - items.length }, position, reads);
    items.push(...read.items);
    position = read.position ?? startOf([from, to], day - DAY_MS);
    if (position[1] + DAY_MS <= from) return { items, cursor: undefined };
    const isFull = items.length >= query.limit || reads.left <= 0;
    if (isFull) return { items, cursor: encodeCursor(JSON.stringify(position)) };
  }
}

/** Nothing is written later than now, but for clocks that are not quite equal. */
function firstPosition(query: EntryQuery, now: number): Position {
  const to = Math.max(0, query.to ?? now + 1);
  const from = Math.max(0, query.from ?? to - DEFAULT_PERIOD_MS);
  return startOf([from, to], dayOf(Math.max(0, Math.min(to - 1, now + DAY_MS))));
}

const startOf = (period: Position[0], day: number): Position => [
  period,
  day,
  Array.from({ length: AUDIT_SHARDS }, () => ""),
  "",
];

function positionOf(cursor: string, { from, to }: EntryQuery): Position {
  const position = positionSchema.safeParse(parseJson(decodeCursor(cursor)));
  if (!position.success) throw new InvalidCursor("The cursor is none that this list gave out. Start without a cursor.");
  const [[first, end], day] = position.data;
  const isOther = (from !== undefined && from !== first) || (to !== undefined && to !== end);
  if (isOther || day >= end || day + DAY_MS <= first) {
    throw new InvalidCursor("The cursor belongs to another period. Send it alone, or with the same from and to.");
  }
  return position.data;
}

interface Reads {
  left: number;
}

/** `position` is absent when nothing is left of the day. */
async function readDay(table: Table, query: Period, [period, day, cursors, after]: Position, reads: Reads) {
  const shards = cursors.map((cursor, shard): Shard => ({
    partition: partitionOf(day, shard),
    cursor,
    next: null,
    entries: [],
  }));
  const [items, last]: [Entry[], { key: string }] = [[], { key: after }];
  for (;;) {
    await Promise.all(shards.map((shard) => refill(table, query, day, shard, last.key, reads)));
    const isStarved = shards.some(({ entries, cursor }) => entries.length === 0 && cursor !== null);
    const first = isStarved ? undefined : firstOf(shards);
    if (!isStarved && first === undefined) return { items, position: undefined };
    if (first === undefined || items.length >= query.limit) {
      const position: Position = [period, day, shards.map(({ cursor }) => cursor), last.key];
      return { items, position };
    }
    take(first.shard);
    items.push(first.entry);
    last.key = first.key;
  }
}

/** Reads on until there is an entry of the period, the shard is at its end, or the page may read no more. */
async function refill(table: Table, query: Period, day: number, shard: Shard, after: string, reads: Reads) {
  while (shard.entries.length === 0 && shard.cursor !== null && reads.left > 0) {
    reads.left -= 1;
    const page = await table.list({
      partition: shard.partition,
      rowPrefix: commonPrefix(query, day),
      limit: Math.min(Math.max(query.limit, MIN_ROWS) * 2, 1000),
      ...(shard.cursor === "" ? {} : { cursor: shard.cursor }),
    });
    const found = await entriesOf(table, page.rows);
    shard.entries = found.filter(({ key, entry: { at } }) => key > after && at >= query.from && at < query.to);
    shard.next = page.cursor ?? null;
    if (shard.entries.length === 0) shard.cursor = shard.next;
  }
}

/** What all keys of the period's part of the day begin with: a short period does not read the whole day. */
function commonPrefix({ from, to }: Period, day: number): string {
  const [newest, oldest] = [newestFirst(Math.min(to, day + DAY_MS) - 1), newestFirst(Math.max(from, day))];
  let length = 0;
  while (length < newest.length && newest[length] === oldest[length]) length += 1;
  return part(newest, 0, length);
}

function firstOf(shards: readonly Shard[]): (KeyedEntry & { readonly shard: Shard }) | undefined {
  let first: (KeyedEntry & { readonly shard: Shard }) | undefined;
  for (const shard of shards) {
    const head = shard.entries[0];
    if (head !== undefined && (first === undefined || head.key < first.key)) first = { ...head, shard };
  }
  return first;
}

function take(shard: Shard): void {
  shard.entries = shard.entries.slice(1);
  if (shard.entries.length === 0) shard.cursor = shard.next;
}
