// Rows of campaigns and upgrades, all of one campaign in one partition, so that whatever must change together does:
//
//   c                        the campaign, with its tallies
//   u|organisation           the upgrade
//   h|organisation|sequence  its history
//   q|ring|start|organisation  it waits, in the order in which the coordinator takes it
//   a|organisation           it is under way, or needs a human
//   o|organisation|sequence  a move of which others must be notified (core/outbox.ts)
//
// So a look of the coordinator reads what is due and what is under way, however large the campaign is. `Campaigns` is
// the index of campaigns, newest first.

import { newestFirst, oldestFirst } from "../../kernel/time/time-keys.ts";
import { z } from "zod";
import { rowCodec } from "../../platform/tables/row-codec.ts";
import { campaignSchema, type Campaign } from "../core/campaign.ts";
import type { OutboxEntry } from "../core/outbox.ts";
import { historyEntrySchema, upgradeSchema, type HistoryEntry, type Upgrade } from "../core/upgrade.ts";

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
export interface Outgoing extends OutboxEntry {
  readonly row: string;
  readonly etag: string;
}

const UPGRADES = "Upgrades";
export const codecs = {
  campaign: rowCodec(campaignSchema, UPGRADES),
  upgrade: rowCodec(upgradeSchema, UPGRADES),
  history: rowCodec(historyEntrySchema, UPGRADES),
  queue: rowCodec(
    z.object({
      organisationId: z.string(),
      hint: z.object({ etag: z.string(), upgrade: upgradeSchema }).optional(),
    }),
    UPGRADES,
  ),
  outbox: rowCodec(z.object({ entry: historyEntrySchema, upgrade: upgradeSchema }), UPGRADES),
  index: rowCodec(z.object({ campaignId: z.string() }), "Campaigns"),
};

export const CAMPAIGN_ROW = "c";
const pad = (sequence: number): string => String(sequence).padStart(6, "0");
export const rowOf = {
  upgrade: (organisationId: string) => `u|${organisationId}`,
  history: ({ organisationId, sequence }: HistoryEntry) => `h|${organisationId}|${pad(sequence)}`,
  queue: ({ ring, appointment, organisationId }: Upgrade) =>
    `q|${ring}|${oldestFirst(appointment?.start ?? 0)}|${organisationId}`,
  active: (organisationId: string) => `a|${organisationId}`,
  outbox: ({ organisationId, sequence }: HistoryEntry) => `o|${organisationId}|${pad(sequence)}`,
  index: ({ createdAt, campaignId }: Campaign) => `${newestFirst(createdAt)}|${campaignId}`,
};
export const INDEX_PARTITION = "campaigns";
