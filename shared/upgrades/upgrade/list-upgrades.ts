// The upgrades of one organisation, newest campaign first: one row is read per campaign of the page.

import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import type { Upgrade } from "../core/upgrade.ts";
import type { UpgradeStore } from "../store/store.ts";

/** Campaigns per page. */
const MOST = 100;
const AT_ONCE = 10;

export async function listUpgradesOf(
  store: Pick<UpgradeStore, "listCampaigns" | "readUpgrade">,
  organisationId: string,
  limit: number,
  cursor: string | undefined,
): Promise<{ readonly items: readonly Upgrade[]; readonly cursor: string | undefined }> {
  const page = await store.listCampaigns(Math.min(limit, MOST), cursor);
  const rows = await mapConcurrently(page.items, AT_ONCE, ({ campaign }) =>
    store.readUpgrade(campaign.campaignId, organisationId),
  );
  return { items: rows.flatMap((row) => (row === undefined ? [] : [row.upgrade])), cursor: page.cursor };
}
