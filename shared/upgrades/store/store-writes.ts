// Writes that change upgrades, each one entity group transaction.

import { defined } from "../../kernel/defined.ts";
import { PermanentFailure } from "../../kernel/failures.ts";
import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import {
  allRows,
  type Cells,
  type Table,
  type Transacted,
  type Write,
  type Written,
} from "../../platform/tables/tables.ts";
import type { Decision } from "../core/decide.ts";
import { isActive, isTerminal } from "../core/moves.ts";
import { newsKind } from "../core/outbox.ts";
import type { HistoryEntry, Upgrade } from "../core/upgrade.ts";
import { CAMPAIGN_ROW, codecs, rowOf } from "./rows.ts";
import type { Outgoing, StoredCampaign, StoredUpgrade, Waiting } from "./rows.ts";

export interface Change {
  /** The row as it was read: its etag decides who wins. */
  readonly stored: StoredUpgrade;
  readonly next: Upgrade;
  /** The moves from one to the other, in order. */
  readonly entries: readonly HistoryEntry[];
  /** Its place in the queue, where it has one: whoever removes or changes it wins. */
  readonly waiting?: Pick<Waiting, "row" | "etag"> | undefined;
}

export const changeBy = (
  stored: StoredUpgrade,
  { next, entry }: Decision,
  waiting?: Pick<Waiting, "row" | "etag">,
): Change => ({ stored, next, entries: [entry], waiting });

/** An entity group transaction takes 100 writes: the campaign's, up to five per change, up to two per settled move. */
const WRITES = 99;
export const TALLIED_PER_TRANSACTION = 45;
/** How many changes fit into the transaction that also settles so many moves. */
export const changesBeside = (settled: number): number => Math.floor((WRITES - 2 * settled) / 5);

export function upgradeWrites(table: Table) {
  return {
    /**
     * At most 100 new upgrades of one campaign with their places in the queue. Doing it again changes nothing; where an
     * earlier attempt has stored some of them, perhaps with other dates, those stay and the others are added.
     */
    async insertUpgrades(campaignId: string, fresh: readonly Upgrade[]): Promise<void> {
      const done = await table.transact(
        campaignId,
        fresh.map((upgrade) => insertOf(rowOf.upgrade(upgrade.organisationId), codecs.upgrade.encode(upgrade))),
      );
      if (done.kind === "conflict") return completeUpgrades(table, campaignId, fresh);
      const places = fresh.map((upgrade, position) =>
        placeOf(upgrade, { upgrade, etag: etagAt(done.etags, position) }),
      );
      await table.transact(campaignId, places);
    },
    /** The new state, its history and what must be told of it, together or not at all. */
    async save(change: Change): Promise<Written> {
      const done = await table.transact(change.next.campaignId, writesOf(change));
      if (done.kind === "conflict") return { kind: "conflict" };
      return { kind: "written", etag: etagAt(done.etags, 0) };
    },
    /**
     * Campaign, changes and settled moves together, or nothing. The first etag is the campaign's, the others are those
     * of the changed upgrades, in their order.
     */
    async commit(
      campaign: StoredCampaign,
      changes: readonly Change[],
      settled: readonly Outgoing[] = [],
    ): Promise<Transacted> {
      const { campaignId } = campaign.campaign;
      const groups = changes.map(writesOf);
      const done = await table.transact(campaignId, [
        { kind: "replace", row: CAMPAIGN_ROW, cells: codecs.campaign.encode(campaign.campaign), etag: campaign.etag },
        ...groups.flat(),
        ...(await removalsOf(table, campaignId, settled)),
      ]);
      if (done.kind === "conflict") return done;
      let position = 1;
      const etags = groups.map((writes) => {
        const etag = etagAt(done.etags, position);
        position += writes.length;
        return etag;
      });
      return { kind: "written", etags: [etagAt(done.etags, 0), ...etags] };
    },
  };
}

const AT_ONCE = 10;

/** One by one: each that is missing, and the place of each that waits, by the date that it has. */
async function completeUpgrades(table: Table, campaignId: string, fresh: readonly Upgrade[]): Promise<void> {
  const complete = async (upgrade: Upgrade): Promise<void> => {
    const key = { partition: campaignId, row: rowOf.upgrade(upgrade.organisationId) };
    await table.insert(key, codecs.upgrade.encode(upgrade));
    const found = await table.read(key);
    const stored = found === undefined ? undefined : codecs.upgrade.decode(found.cells, found);
    if (stored?.state !== "scheduled") return;
    const { row, cells } = placeOf(stored);
    await table.insert({ partition: campaignId, row }, cells);
  };
  await mapConcurrently(fresh, AT_ONCE, complete);
}

const insertOf = (row: string, cells: Cells) => ({ kind: "insert", row, cells }) as const satisfies Write;

const placeOf = (upgrade: Upgrade, hint?: StoredUpgrade) =>
  insertOf(rowOf.queue(upgrade), codecs.queue.encode({ organisationId: upgrade.organisationId, ...defined({ hint }) }));

/** Out of the queue, to another place, or to the same one without its hint, which is stale now. */
function queueWrites({ next, waiting }: Change): readonly Write[] {
  if (waiting === undefined) return [];
  const { row, etag } = waiting;
  if (next.state !== "scheduled") return [{ kind: "remove", row, etag }];
  const place = placeOf(next);
  if (place.row === row) return [{ kind: "replace", row, etag, cells: place.cells }];
  return [{ kind: "remove", row, etag }, place];
}

function writesOf(change: Change): readonly Write[] {
  const { stored, next, entries } = change;
  const { organisationId } = next;
  const isStarted = stored.upgrade.state === "scheduled" && isActive(next.state);
  return [
    { kind: "replace", row: rowOf.upgrade(organisationId), cells: codecs.upgrade.encode(next), etag: stored.etag },
    ...entries.map((entry) => insertOf(rowOf.history(entry), codecs.history.encode(entry))),
    ...entries
      .filter((entry) => newsKind(entry) !== undefined)
      .map((entry) => insertOf(rowOf.outbox(entry), codecs.outbox.encode({ entry, upgrade: next }))),
    ...queueWrites(change),
    ...(isStarted ? [insertOf(rowOf.active(organisationId), {})] : []),
  ];
}

/** The moves of which all were notified, and the marks of those upgrades among them that have ended. */
async function removalsOf(table: Table, campaignId: string, settled: readonly Outgoing[]): Promise<readonly Write[]> {
  const ended = new Set(
    settled.filter(({ entry }) => isTerminal(entry.to)).map(({ entry }) => rowOf.active(entry.organisationId)),
  );
  const marks: Write[] = [];
  if (ended.size > 0) {
    for await (const { row, etag } of allRows(table, { partition: campaignId, rowPrefix: "a|" })) {
      if (ended.has(row)) marks.push({ kind: "remove", row, etag });
    }
  }
  return [...settled.map(({ row, etag }): Write => ({ kind: "remove", row, etag })), ...marks];
}

function etagAt(etags: readonly string[], position: number): string {
  const etag = etags[position];
  if (etag === undefined) throw new PermanentFailure("The storage answered a transaction without the etag of a row.");
  return etag;
}
