// Asks for the notices of a campaign, page by page; the position is kept in the campaign's row. Asking again changes
// nothing, so a page that was interrupted is asked for once more.

import type { UpgradeDeps } from "../deps.ts";
import { describeFailure, PermanentFailure } from "../../kernel/failures.ts";
import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import type { Organisation } from "../../organisations/organisation.ts";
import type { OrganisationStore } from "../../organisations/store.ts";
import type { Round } from "./round.ts";
import { moveCampaign, type Campaign } from "../core/campaign.ts";
import { announcementOf } from "../upgrade/customer-notices.ts";
import type { Upgrade } from "../core/upgrade.ts";
import { notNotified, raiseOrLog } from "../upgrade/incidents-of.ts";
import { startUnlessQuarantined, type QuarantineVersionDeps } from "../quarantines/quarantine-version.ts";

export interface AnnounceDeps
  extends QuarantineVersionDeps, Pick<UpgradeDeps, "store" | "clock" | "log" | "requestNotices" | "raiseIncident"> {
  readonly registry: Pick<OrganisationStore, "ahead">;
}

const PAGE = 100;
const AT_ONCE = 10;

export async function announceNext(deps: AnnounceDeps, campaign: Campaign): Promise<Round> {
  const { campaignId, announceCursor } = campaign;
  const now = deps.clock.now();
  const page = await deps.store.listUpgrades(campaignId, PAGE, announceCursor);
  const waiting = page.items.map(({ upgrade }) => upgrade).filter(({ state }) => state === "scheduled");
  const organisationOf = deps.registry.ahead(deps.clock);
  await mapConcurrently(waiting, AT_ONCE, async (upgrade) =>
    announceOne(deps, campaign, upgrade, await organisationOf(upgrade.organisationId)),
  );
  if (page.cursor !== undefined)
    return { campaign: { ...campaign, announceCursor: page.cursor }, changes: [], isMore: true };
  const { announceCursor: _, ...announced } = campaign;
  if (campaign.kind === "hotfix")
    return { campaign: await startUnlessQuarantined(deps, announced), changes: [], isMore: true };
  const done = moveCampaign(announced, "announcing", now);
  return { campaign: done.ok ? done.value : announced, changes: [], isMore: true };
}

/** What cannot be announced is not upgraded (there is no evidence), and must not hold up the others. */
async function announceOne(
  deps: AnnounceDeps,
  campaign: Campaign,
  upgrade: Upgrade,
  organisation: Organisation | undefined,
): Promise<void> {
  const { campaignId, organisationId } = upgrade;
  if (organisation === undefined) {
    // The registry refuses to remove an organisation that is in a campaign, so this is a defect somewhere else.
    deps.log.event("upgrade.notRegistered", { campaignId, organisationId });
    return;
  }
  try {
    await deps.requestNotices(announcementOf(campaign, upgrade, organisation, deps.clock.now()));
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    deps.log.event("upgrade.notAnnounced", { campaignId, organisationId, reason: describeFailure(error) });
    await raiseOrLog(deps, notNotified(upgrade, upgrade.sequence, "Its announcement", error));
  }
}
