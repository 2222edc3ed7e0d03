// The dates of an organisation's upgrades, for its calendar.

import type { FeedAppointment } from "../../customer-links/calendar.ts";
import type { Organisation } from "../../organisations/organisation.ts";
import { isInPreparation, type Campaign } from "../core/campaign.ts";
import type { Upgrade } from "../core/upgrade.ts";
import type { UpgradeStore } from "../store/store.ts";

/** Older campaigns are history that no calendar needs. */
const CAMPAIGNS_SEEN = 20;

export async function appointmentsOf(
  deps: {
    readonly store: Pick<UpgradeStore, "listCampaigns" | "readUpgrade">;
    readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  },
  organisationId: string,
): Promise<readonly FeedAppointment[]> {
  const [page, organisation] = await Promise.all([
    deps.store.listCampaigns(CAMPAIGNS_SEEN),
    deps.organisationOf(organisationId),
  ]);
  if (organisation === undefined) return [];
  const announced = page.items.filter(({ campaign }) => !isInPreparation(campaign));
  const found = await Promise.all(
    announced.map(async ({ campaign }) => {
      const stored = await deps.store.readUpgrade(campaign.campaignId, organisationId);
      return stored === undefined ? [] : feedOf(campaign, stored.upgrade, organisation);
    }),
  );
  return found.flat();
}

function feedOf(campaign: Campaign, upgrade: Upgrade, organisation: Organisation): readonly FeedAppointment[] {
  const { appointment, state, targetVersion: version } = upgrade;
  if (appointment === undefined) return [];
  const { revision, zone: timeZone, start, end } = appointment;
  const isCancelled = state === "skipped";
  return [
    {
      campaignId: campaign.campaignId,
      sequence: isCancelled ? revision + 1 : revision,
      status: isCancelled ? "cancelled" : "confirmed",
      appointment: { organisationName: organisation.name, timeZone, start, end, version },
    },
  ];
}
