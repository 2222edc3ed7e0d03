// Rows of campaigns and upgrades. One partition per campaign holds the campaign (`c`), its upgrades (`u|organisation`)
// and their history (`h|organisation|sequence`), so that a move and its history entry, or an admission and the
// campaign, are one transaction. `Campaigns` is the index, newest first.

import { PermanentFailure } from "../kernel/failures.ts";
import { allRows } from "../platform/all-rows.ts";
import { rowCodec } from "../platform/row-codec.ts";
import type { StoredRow, Tables, Transacted, Write, Written } from "../platform/tables.ts";
import { z } from "zod";
import type { Survey } from "./core/admission.ts";
import { campaignSchema, type Campaign } from "./core/campaign.ts";
import { isTerminal, UPGRADE_STATES, type UpgradeState } from "./core/moves.ts";
import type { Decision } from "./core/decide.ts";
import { historyEntrySchema, upgradeSchema, type HistoryEntry, type Upgrade } from "./core/upgrade.ts";

export interface StoredCampaign {
  readonly campaign: Campaign;
  readonly etag: string;
}

export interface StoredUpgrade {
  readonly upgrade: Upgrade;
  readonly etag: string;
}

export interface Change {
  /** The row as it was read: its etag decides who wins. */
  readonly stored: StoredUpgrade;
  readonly next: Upgrade;
  /** The moves from one to the other, in order. */
  readonly entries: readonly HistoryEntry[];
}

export const changeBy = (stored: StoredUpgrade, { next, entry }: Decision): Change => ({
  stored,
  next,
  entries: [entry],
});

/** Two writes per change and one for the campaign must fit in an entity group transaction of 100. */
export const CHANGES_PER_TRANSACTION = 49;

const campaigns = rowCodec(campaignSchema);
const upgrades = rowCodec(upgradeSchema);
const history = rowCodec(historyEntrySchema);
const index = rowCodec(z.object({ campaignId: z.string() }));

const CAMPAIGN_ROW = "c";
const upgradeRow = (organisationId: string): string => `u|${organisationId}`;
const historyRow = (organisationId: string, sequence: number): string => `h|${organisationId}|${pad(sequence, 6)}`;
const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** Newest first: later times have smaller keys. */
const indexRow = (campaign: Campaign): string =>
  `${pad(9_999_999_999_999 - campaign.createdAt, 13)}|${campaign.campaignId}`;
const INDEX_PARTITION = "campaigns";

export type UpgradeStore = ReturnType<typeof upgradeStore>;

export function upgradeStore(tables: Tables) {
  return { ...campaignRows(tables), ...upgradeRows(tables), ...upgradeWrites(tables) };
}

function campaignRows(tables: Tables) {
  const table = tables.table("Upgrades");
  const indexTable = tables.table("Campaigns");
  const key = (campaignId: string) => ({ partition: campaignId, row: CAMPAIGN_ROW });
  const read = async (campaignId: string): Promise<StoredCampaign | undefined> => {
    const row = await table.read(key(campaignId));
    return row === undefined ? undefined : { campaign: campaigns.decode(row.cells), etag: row.etag };
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
      const read = await Promise.all(page.rows.map((row) => table.read(key(index.decode(row.cells).campaignId))));
      const items = read.filter((row) => row !== undefined).map((row) => campaigns.decode(row.cells));
      return { items, cursor: page.cursor };
    },
  };
}

function upgradeRows(tables: Tables) {
  const table = tables.table("Upgrades");
  const decode = (row: StoredRow): StoredUpgrade => ({ upgrade: upgrades.decode(row.cells), etag: row.etag });
  const rowsOf = (campaignId: string) => allRows(table, { partition: campaignId, rowPrefix: "u|" });
  return {
    async readUpgrade(campaignId: string, organisationId: string): Promise<StoredUpgrade | undefined> {
      const row = await table.read({ partition: campaignId, row: upgradeRow(organisationId) });
      return row === undefined ? undefined : decode(row);
    },
    /** Ascending by organisation; at most `limit` (1 to 1,000) per page. */
    async listUpgrades(campaignId: string, limit: number, cursor?: string) {
      const query = { partition: campaignId, rowPrefix: "u|", limit };
      const page = await table.list(cursor === undefined ? query : { ...query, cursor });
      return { items: page.rows.map(decode), cursor: page.cursor };
    },
    /** One pass over the campaign. Upgrades that have ended stay undecoded: at the end of a campaign they are nearly all. */
    async surveyUpgrades(campaignId: string): Promise<Survey<StoredUpgrade>> {
      const open: StoredUpgrade[] = [];
      const counts: Partial<Record<UpgradeState, number>> = {};
      for await (const row of rowsOf(campaignId)) {
        const state = stateOf(row);
        counts[state] = (counts[state] ?? 0) + 1;
        if (!isTerminal(state)) open.push(decode(row));
      }
      return { open, counts };
    },
    /** Oldest first. An upgrade makes few moves; more than 1,000 entries are a defect. */
    async history(campaignId: string, organisationId: string): Promise<readonly HistoryEntry[]> {
      const rows = await table.list({ partition: campaignId, rowPrefix: `h|${organisationId}|`, limit: 1000 });
      return rows.rows.map((row) => history.decode(row.cells));
    },
  };
}

function upgradeWrites(tables: Tables) {
  const table = tables.table("Upgrades");
  return {
    /** At most 100 new upgrades of one campaign, all or none; conflict when one is there already. */
    insertUpgrades: (campaignId: string, fresh: readonly Upgrade[]): Promise<Transacted> =>
      table.transact(
        campaignId,
        fresh.map((upgrade) => ({
          kind: "insert",
          row: upgradeRow(upgrade.organisationId),
          cells: upgrades.encode(upgrade),
        })),
      ),
    /** The new state and its history, together or not at all. */
    async save(change: Change): Promise<Written> {
      const done = await table.transact(change.next.campaignId, writesOf(change));
      if (done.kind === "conflict") return { kind: "conflict" };
      return { kind: "written", etag: etagAt(done.etags, 0) };
    },
    /** Campaign and changes together, or nothing. `etags` are those of the changed upgrades, in their order. */
    async saveWithCampaign(campaign: StoredCampaign, changes: readonly Change[]): Promise<Transacted> {
      const done = await table.transact(campaign.campaign.campaignId, [
        { kind: "replace", row: CAMPAIGN_ROW, cells: campaigns.encode(campaign.campaign), etag: campaign.etag },
        ...changes.flatMap(writesOf),
      ]);
      if (done.kind === "conflict") return done;
      let position = 1;
      const etags = changes.map((change) => {
        const etag = etagAt(done.etags, position);
        position += 1 + change.entries.length;
        return etag;
      });
      return { kind: "written", etags };
    },
  };
}

function writesOf({ stored, next, entries }: Change): readonly Write[] {
  return [
    { kind: "replace", row: upgradeRow(next.organisationId), cells: upgrades.encode(next), etag: stored.etag },
    ...entries.map((entry): Write => ({
      kind: "insert",
      row: historyRow(entry.organisationId, entry.sequence),
      cells: history.encode(entry),
    })),
  ];
}

const stateSchema = z.enum(UPGRADE_STATES);
const stateOf = (row: StoredRow): UpgradeState => stateSchema.parse(row.cells["state"]);

function etagAt(etags: readonly string[], position: number): string {
  const etag = etags[position];
  if (etag === undefined) throw new PermanentFailure("The storage answered a transaction without the etag of a row.");
  return etag;
}
