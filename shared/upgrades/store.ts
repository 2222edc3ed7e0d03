// Rows of campaigns and upgrades, all of one campaign in one partition, so that whatever must change together does:
//
//   c                        the campaign, with its tallies
//   u|organisation           the upgrade
//   h|organisation|sequence  its history
//   q|ring|start|organisation  it waits, in the order in which the coordinator takes it
//   a|organisation           it is under way, or needs a human
//   o|organisation|sequence  a move that must be told on (core/told.ts)
//
// So a look of the coordinator reads what is due and what is under way, however large the campaign is. `Campaigns` is
// the index of campaigns, newest first.

import { z } from "zod";
import { PermanentFailure } from "../kernel/failures.ts";
import { allRows } from "../platform/all-rows.ts";
import { rowCodec } from "../platform/row-codec.ts";
import type { Cells, StoredRow, Table, Tables, Transacted, Write, Written } from "../platform/tables.ts";
import { campaignSchema, type Campaign } from "./core/campaign.ts";
import type { Decision } from "./core/decide.ts";
import { isActive, isTerminal } from "./core/moves.ts";
import { toldKind, type Told } from "./core/told.ts";
import { historyEntrySchema, upgradeSchema, type HistoryEntry, type Upgrade } from "./core/upgrade.ts";

export interface StoredCampaign {
  readonly campaign: Campaign;
  readonly etag: string;
}

export interface StoredUpgrade {
  readonly upgrade: Upgrade;
  readonly etag: string;
}

/** An upgrade in its ring's queue. */
export interface Waiting {
  readonly organisationId: string;
  /** Of its date; 0 for a hotfix. */
  readonly start: number;
  readonly row: string;
  readonly etag: string;
  /** The upgrade as it was when it was queued: saves a read. A stale one loses at the save. */
  readonly hint?: StoredUpgrade | undefined;
}

/** A move in the outbox. */
export interface Outgoing extends Told {
  readonly row: string;
  readonly etag: string;
}

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
export const SETTLED_PER_TRANSACTION = 45;
/** Moves told on per look. */
export const OUTBOX_PAGE = 4 * SETTLED_PER_TRANSACTION;
/** How many changes fit into the transaction that also settles so many moves. */
export const changesBeside = (settled: number): number => Math.floor((WRITES - 2 * settled) / 5);

const campaigns = rowCodec(campaignSchema, "Upgrades");
const upgrades = rowCodec(upgradeSchema, "Upgrades");
const history = rowCodec(historyEntrySchema, "Upgrades");
const queue = rowCodec(
  z.object({
    organisationId: z.string(),
    hint: z.object({ etag: z.string(), upgrade: upgradeSchema }).optional(),
  }),
  "Upgrades",
);
const outbox = rowCodec(z.object({ entry: historyEntrySchema, upgrade: upgradeSchema }), "Upgrades");
const index = rowCodec(z.object({ campaignId: z.string() }), "Campaigns");

const CAMPAIGN_ROW = "c";
const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");
const upgradeRow = (organisationId: string): string => `u|${organisationId}`;
const historyRow = (organisationId: string, sequence: number): string => `h|${organisationId}|${pad(sequence, 6)}`;
const queueRow = ({ ring, appointment, organisationId }: Upgrade): string =>
  `q|${ring}|${pad(appointment?.start ?? 0, 13)}|${organisationId}`;
const activeRow = (organisationId: string): string => `a|${organisationId}`;
const outboxRow = ({ organisationId, sequence }: HistoryEntry): string => `o|${organisationId}|${pad(sequence, 6)}`;

/** Newest first: later times have smaller keys. */
const indexRow = (campaign: Campaign): string =>
  `${pad(9_999_999_999_999 - campaign.createdAt, 13)}|${campaign.campaignId}`;
const INDEX_PARTITION = "campaigns";

export type UpgradeStore = ReturnType<typeof upgradeStore>;

export function upgradeStore(tables: Tables) {
  const table = tables.table("Upgrades");
  return { ...campaignRows(tables), ...upgradeRows(table), ...queueRows(table), ...upgradeWrites(table) };
}

function campaignRows(tables: Tables) {
  const table = tables.table("Upgrades");
  const indexTable = tables.table("Campaigns");
  const key = (campaignId: string) => ({ partition: campaignId, row: CAMPAIGN_ROW });
  const read = async (campaignId: string): Promise<StoredCampaign | undefined> => {
    const row = await table.read(key(campaignId));
    return row === undefined ? undefined : { campaign: campaigns.decode(row.cells, row), etag: row.etag };
  };
  return {
    readCampaign: read,
    insertCampaign: (campaign: Campaign): Promise<Written> =>
      table.insert(key(campaign.campaignId), campaigns.encode(campaign)),
    replaceCampaign: (campaign: Campaign, etag: string): Promise<Written> =>
      table.replace(key(campaign.campaignId), campaigns.encode(campaign), etag),
    /** Doing it again changes nothing. */
    async enterInIndex(campaign: Campaign): Promise<void> {
      await indexTable.insert(
        { partition: INDEX_PARTITION, row: indexRow(campaign) },
        index.encode({ campaignId: campaign.campaignId }),
      );
    },
    /** Newest first; at most `limit` (1 to 100) per page. */
    async listCampaigns(limit: number, cursor?: string) {
      const page = await indexTable.list({
        partition: INDEX_PARTITION,
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const found = await Promise.all(page.rows.map((row) => read(index.decode(row.cells, row).campaignId)));
      return { items: found.filter((stored) => stored !== undefined), cursor: page.cursor };
    },
  };
}

function upgradeRows(table: Table) {
  const decode = (row: StoredRow): StoredUpgrade => ({ upgrade: upgrades.decode(row.cells, row), etag: row.etag });
  const readUpgrade = async (campaignId: string, organisationId: string): Promise<StoredUpgrade | undefined> => {
    const row = await table.read({ partition: campaignId, row: upgradeRow(organisationId) });
    return row === undefined ? undefined : decode(row);
  };
  return {
    readUpgrade,
    /** Ascending by organisation; at most `limit` (1 to 1,000) per page. */
    async listUpgrades(campaignId: string, limit: number, cursor?: string) {
      const query = { partition: campaignId, rowPrefix: "u|", limit };
      const page = await table.list(cursor === undefined ? query : { ...query, cursor });
      return { items: page.rows.map(decode), cursor: page.cursor };
    },
    /** Every upgrade of the campaign, ascending by organisation. */
    async *allUpgrades(campaignId: string): AsyncGenerator<StoredUpgrade> {
      for await (const row of allRows(table, { partition: campaignId, rowPrefix: "u|" })) yield decode(row);
    },
    /** Those under way or in need of a human, and some that ended a moment ago. */
    async activeUpgrades(campaignId: string): Promise<readonly StoredUpgrade[]> {
      const active: StoredUpgrade[] = [];
      for await (const row of allRows(table, { partition: campaignId, rowPrefix: "a|" })) {
        const stored = await readUpgrade(campaignId, row.row.slice(2));
        if (stored !== undefined) active.push(stored);
      }
      return active;
    },
    /** Oldest first. An upgrade makes few moves; more than 1,000 entries are a defect. */
    async history(campaignId: string, organisationId: string): Promise<readonly HistoryEntry[]> {
      const rows = await table.list({ partition: campaignId, rowPrefix: `h|${organisationId}|`, limit: 1000 });
      return rows.rows.map((row) => history.decode(row.cells, row));
    },
  };
}

function queueRows(table: Table) {
  const decode = (row: StoredRow): Waiting => ({
    ...queue.decode(row.cells, row),
    start: Number(row.row.split("|")[2]),
    row: row.row,
    etag: row.etag,
  });
  return {
    /** The first `limit` (1 to 1,000) of a ring that wait, the earliest date first. */
    async waitingIn(campaignId: string, ring: string, limit: number): Promise<readonly Waiting[]> {
      const page = await table.list({ partition: campaignId, rowPrefix: `q|${ring}|`, limit });
      return page.rows.map(decode);
    },
    /** All of a ring that wait, the earliest date first. */
    async *allWaitingIn(campaignId: string, ring: string): AsyncGenerator<Waiting> {
      for await (const row of allRows(table, { partition: campaignId, rowPrefix: `q|${ring}|` })) yield decode(row);
    },
    /** The place of a waiting upgrade; undefined when it does not wait (there) any more. */
    async placeInQueue(upgrade: Upgrade): Promise<Waiting | undefined> {
      const row = await table.read({ partition: upgrade.campaignId, row: queueRow(upgrade) });
      return row === undefined ? undefined : decode(row);
    },
    /** At most `OUTBOX_PAGE` moves that must be told on. */
    async outbox(campaignId: string): Promise<readonly Outgoing[]> {
      const page = await table.list({ partition: campaignId, rowPrefix: "o|", limit: OUTBOX_PAGE });
      return page.rows.map((row) => ({ ...outbox.decode(row.cells, row), row: row.row, etag: row.etag }));
    },
  };
}

function upgradeWrites(table: Table) {
  return {
    /**
     * At most 100 new upgrades of one campaign with their places in the queue. Doing it again changes nothing; where an
     * earlier attempt has stored some of them, perhaps with other dates, those stay and the others are added.
     */
    async insertUpgrades(campaignId: string, fresh: readonly Upgrade[]): Promise<void> {
      const done = await table.transact(
        campaignId,
        fresh.map((upgrade) => insertOf(upgradeRow(upgrade.organisationId), upgrades.encode(upgrade))),
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
        { kind: "replace", row: CAMPAIGN_ROW, cells: campaigns.encode(campaign.campaign), etag: campaign.etag },
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
  const { readUpgrade } = upgradeRows(table);
  const complete = async (upgrade: Upgrade): Promise<void> => {
    const { organisationId } = upgrade;
    await table.insert({ partition: campaignId, row: upgradeRow(organisationId) }, upgrades.encode(upgrade));
    const stored = await readUpgrade(campaignId, organisationId);
    if (stored?.upgrade.state !== "scheduled") return;
    const { row, cells } = placeOf(stored.upgrade);
    await table.insert({ partition: campaignId, row }, cells);
  };
  for (let start = 0; start < fresh.length; start += AT_ONCE) {
    await Promise.all(fresh.slice(start, start + AT_ONCE).map(complete));
  }
}

const insertOf = (row: string, cells: Cells) => ({ kind: "insert", row, cells }) as const satisfies Write;

const placeOf = (upgrade: Upgrade, hint?: StoredUpgrade) =>
  insertOf(
    queueRow(upgrade),
    queue.encode({ organisationId: upgrade.organisationId, ...(hint === undefined ? {} : { hint }) }),
  );

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
    { kind: "replace", row: upgradeRow(organisationId), cells: upgrades.encode(next), etag: stored.etag },
    ...entries.map((entry) => insertOf(historyRow(organisationId, entry.sequence), history.encode(entry))),
    ...entries
      .filter((entry) => toldKind(entry) !== undefined)
      .map((entry) => insertOf(outboxRow(entry), outbox.encode({ entry, upgrade: next }))),
    ...queueWrites(change),
    ...(isStarted ? [insertOf(activeRow(organisationId), {})] : []),
  ];
}

/** The moves told on, and the marks of those upgrades among them that have ended. */
async function removalsOf(table: Table, campaignId: string, settled: readonly Outgoing[]): Promise<readonly Write[]> {
  const ended = new Set(
    settled.filter(({ entry }) => isTerminal(entry.to)).map(({ entry }) => activeRow(entry.organisationId)),
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
