// Reads of campaigns and upgrades; their rows are described in rows.ts, their writes stand in store-writes.ts.

import { defined } from "../../kernel/defined.ts";
import { allRows, type StoredRow, type Table, type Tables, type Written } from "../../platform/tables/tables.ts";
import type { PlatformLog } from "../../platform/signals.ts";
import { readableRow, readableRows } from "../../platform/tables/readable-row.ts";
import type { Campaign } from "../core/campaign.ts";
import type { HistoryEntry, Upgrade } from "../core/upgrade.ts";
import { CAMPAIGN_ROW, INDEX_PARTITION, codecs, rowOf } from "./rows.ts";
import type { Outgoing, StoredCampaign, StoredUpgrade, Waiting } from "./rows.ts";
import { TALLIED_PER_TRANSACTION, upgradeWrites } from "./store-writes.ts";
import { part } from "../../kernel/text.ts";
import { CAMPAIGNS_TABLE, UPGRADES_TABLE } from "../resources.ts";

/** Moves per page of the outbox. */
export const OUTBOX_PAGE = 4 * TALLIED_PER_TRANSACTION;

export type UpgradeStore = ReturnType<typeof upgradeStore>;

type UnreadableLog = PlatformLog | undefined;

/** `log`: hears of rows in lists that cannot be read; one such row does not hold up the others. */
export function upgradeStore(tables: Tables, log?: PlatformLog) {
  const table = tables.table(UPGRADES_TABLE);
  return {
    ...campaignRows(tables, log),
    ...upgradeRows(table, log),
    ...queueRows(table, log),
    ...upgradeWrites(table),
  };
}

const decodeCampaign = (row: StoredRow): StoredCampaign => ({
  campaign: codecs.campaign.decode(row.cells, row),
  etag: row.etag,
});

function campaignRows(tables: Tables, log: UnreadableLog) {
  const table = tables.table(UPGRADES_TABLE);
  const indexTable = tables.table(CAMPAIGNS_TABLE);
  const key = (campaignId: string) => ({ partition: campaignId, row: CAMPAIGN_ROW });
  const read = async (campaignId: string): Promise<StoredCampaign | undefined> => {
    const row = await table.read(key(campaignId));
    return row === undefined ? undefined : decodeCampaign(row);
  };
  /** One whose row cannot be read does not hide the others, nor keep the timers from them. */
  const readListed = async (row: StoredRow): Promise<StoredCampaign | undefined> => {
    const campaignId = readableRow(row, ({ cells }) => codecs.index.decode(cells, row).campaignId, log);
    const found = campaignId === undefined ? undefined : await table.read(key(campaignId));
    return found === undefined ? undefined : readableRow(found, decodeCampaign, log);
  };
  return {
    readCampaign: read,
    insertCampaign: (campaign: Campaign): Promise<Written> =>
      table.insert(key(campaign.campaignId), codecs.campaign.encode(campaign)),
    replaceCampaign: (campaign: Campaign, etag: string): Promise<Written> =>
      table.replace(key(campaign.campaignId), codecs.campaign.encode(campaign), etag),
    /** Doing it again changes nothing. */
    async enterInIndex(campaign: Campaign): Promise<void> {
      await indexTable.insert(
        { partition: INDEX_PARTITION, row: rowOf.index(campaign) },
        codecs.index.encode({ campaignId: campaign.campaignId }),
      );
    },
    /** Newest first; at most `limit` (1 to 100) per page. */
    async listCampaigns(limit: number, cursor?: string) {
      const page = await indexTable.list({
        partition: INDEX_PARTITION,
        limit,
        ...defined({ cursor }),
      });
      const found = await Promise.all(page.rows.map(readListed));
      return { items: found.filter((stored) => stored !== undefined), cursor: page.cursor };
    },
  };
}

function upgradeRows(table: Table, log: UnreadableLog) {
  const decode = (row: StoredRow): StoredUpgrade => ({
    upgrade: codecs.upgrade.decode(row.cells, row),
    etag: row.etag,
  });
  const readUpgrade = async (campaignId: string, organisationId: string): Promise<StoredUpgrade | undefined> => {
    const row = await table.read({ partition: campaignId, row: rowOf.upgrade(organisationId) });
    return row === undefined ? undefined : decode(row);
  };
  return {
    readUpgrade,
    /** Ascending by organisation; at most `limit` (1 to 1,000) per page. */
    async listUpgrades(campaignId: string, limit: number, cursor?: string) {
      const query = { partition: campaignId, rowPrefix: "u|", limit };
      const page = await table.list(cursor === undefined ? query : { ...query, cursor });
      return { items: page.rows.flatMap((row) => readableRow(row, decode, log) ?? []), cursor: page.cursor };
    },
    /** Every upgrade of the campaign that can be read, ascending by organisation; the others are named to `onUnreadable`. */
    async *allUpgrades(
      campaignId: string,
      onUnreadable?: (organisationId: string) => void,
    ): AsyncGenerator<StoredUpgrade> {
      for await (const row of allRows(table, { partition: campaignId, rowPrefix: "u|" })) {
        const stored = readableRow(row, decode, log);
        if (stored === undefined) onUnreadable?.(part(row.row, 2));
        else yield stored;
      }
    },
    /** Those under way or in need of a human, and some that ended a moment ago. */
    async activeUpgrades(campaignId: string): Promise<readonly StoredUpgrade[]> {
      const active: StoredUpgrade[] = [];
      for await (const row of allRows(table, { partition: campaignId, rowPrefix: "a|" })) {
        const found = await table.read({ partition: campaignId, row: rowOf.upgrade(part(row.row, 2)) });
        const stored = found === undefined ? undefined : readableRow(found, decode, log);
        if (stored !== undefined) active.push(stored);
      }
      return active;
    },
    /** Oldest first. An upgrade makes few moves; more than 1,000 entries are a defect. */
    async history(campaignId: string, organisationId: string): Promise<readonly HistoryEntry[]> {
      const rows = await table.list({ partition: campaignId, rowPrefix: `h|${organisationId}|`, limit: 1000 });
      return rows.rows.flatMap((row) => readableRow(row, ({ cells }) => codecs.history.decode(cells, row), log) ?? []);
    },
  };
}

function queueRows(table: Table, log: UnreadableLog) {
  const decodeMove = (row: StoredRow): Outgoing => ({
    ...codecs.outbox.decode(row.cells, row),
    row: row.row,
    etag: row.etag,
  });
  const decode = (row: StoredRow): Waiting => ({
    ...codecs.queue.decode(row.cells, row),
    start: Number(row.row.split("|")[2]),
    row: row.row,
    etag: row.etag,
  });
  return {
    /** The first `limit` (1 to 1,000) of a ring that wait, the earliest date first. */
    waitingIn: (campaignId: string, ring: string, limit: number): Promise<readonly Waiting[]> =>
      readableRows(table, { partition: campaignId, rowPrefix: `q|${ring}|`, limit }, decode, log),
    /** All of a ring that wait, the earliest date first. */
    async *allWaitingIn(campaignId: string, ring: string): AsyncGenerator<Waiting> {
      for await (const row of allRows(table, { partition: campaignId, rowPrefix: `q|${ring}|` })) {
        const waiting = readableRow(row, decode, log);
        if (waiting !== undefined) yield waiting;
      }
    },
    /** The place of a waiting upgrade; undefined when it does not wait (there) any more. */
    async placeInQueue(upgrade: Upgrade): Promise<Waiting | undefined> {
      const row = await table.read({ partition: upgrade.campaignId, row: rowOf.queue(upgrade) });
      return row === undefined ? undefined : decode(row);
    },
    /** At most `OUTBOX_PAGE` moves of which others must be notified. */
    outbox: (campaignId: string): Promise<readonly Outgoing[]> =>
      readableRows(table, { partition: campaignId, rowPrefix: "o|", limit: OUTBOX_PAGE }, decodeMove, log),
  };
}
