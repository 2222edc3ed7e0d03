// Quarantines a version and stops every campaign that brings it. In force from the moment at which every open campaign's
// row has been written anew: an admission that was decided before then loses at its save, and every start after it reads
// the quarantine first (`startUnlessQuarantined`, resume).

import type { UpgradeDeps } from "../deps.ts";
import { TransientFailure } from "../../kernel/failures.ts";
import { ok } from "../../kernel/result.ts";
import { changeRow } from "../../platform/tables/change-row.ts";
import { moveCampaign, pauseBecause, type Campaign } from "../core/campaign.ts";
import {
  callsForQuarantine,
  isInForce,
  pausedByAnother,
  pausedByQuarantine,
  quarantineReason,
  type Quarantine,
  type QuarantineRule,
} from "../core/quarantine.ts";
import { failedIn, sum } from "../core/tally.ts";
import type { QuarantineStore } from "./quarantine-store.ts";

export interface QuarantineVersionDeps extends Pick<UpgradeDeps, "store" | "clock" | "log"> {
  readonly quarantines: QuarantineStore;
  readonly quarantineRule: QuarantineRule;
}

/** The reason why this campaign must stop, when its failures (or an unfinished quarantine) call for it. */
export async function quarantineVersion(deps: QuarantineVersionDeps, campaign: Campaign): Promise<string | undefined> {
  const { version, campaignId, tallies } = campaign;
  const reason = quarantineReason(tallies, deps.quarantineRule);
  if (reason === undefined) return undefined;
  const failed = failedIn(sum(tallies));
  const stored = await deps.quarantines.read(version);
  let quarantine = stored?.quarantine;
  if (quarantine === undefined || !isInForce(quarantine)) {
    if (!callsForQuarantine(quarantine, campaignId, failed)) return undefined;
    const failures = { ...quarantine?.failures, [campaignId]: failed };
    const fresh: Quarantine = { version, campaignId, reason, failures, since: deps.clock.now(), lifts: [] };
    const written = await deps.quarantines.write(fresh, stored?.etag);
    if (written.kind === "conflict")
      throw new TransientFailure(`Others change the quarantine of ${version}; try again.`);
    deps.log.event("version.quarantined", { version, campaignId, reason });
    quarantine = fresh;
  }
  await stopOthers(deps, campaign);
  const isKnown = quarantine.campaignId !== campaignId && campaign.pausedBecause === pausedByAnother(version);
  return isKnown ? campaign.pausedBecause : pausedByQuarantine(quarantine);
}

/** A campaign whose time has come: running, or paused when its version is quarantined. */
export async function startUnlessQuarantined(deps: QuarantineVersionDeps, campaign: Campaign): Promise<Campaign> {
  const started = moveCampaign(campaign, "running", deps.clock.now());
  if (!started.ok) return campaign;
  const stored = await deps.quarantines.read(campaign.version);
  if (stored === undefined || !isInForce(stored.quarantine)) return started.value;
  return pauseBecause(started.value, pausedByQuarantine(stored.quarantine));
}

/** Running ones pause; the others are only written again, so that whoever is about to start them must look first. */
async function stopOthers(deps: QuarantineVersionDeps, { version, campaignId }: Campaign): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await deps.store.listCampaigns(100, cursor);
    for (const { campaign } of page.items) {
      if (campaign.version !== version || campaign.campaignId === campaignId || campaign.endedAt !== undefined)
        continue;
      await stopOne(deps, campaign.campaignId);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

async function stopOne({ store }: QuarantineVersionDeps, campaignId: string): Promise<void> {
  await changeRow(
    {
      name: `Campaign ${campaignId}`,
      read: () => store.readCampaign(campaignId),
      write: ({ etag }, next: Campaign) => store.replaceCampaign(next, etag),
    },
    ({ campaign }) => {
      if (campaign.endedAt !== undefined) return ok(undefined);
      return ok(campaign.state === "running" ? pauseBecause(campaign, pausedByAnother(campaign.version)) : campaign);
    },
  );
}
