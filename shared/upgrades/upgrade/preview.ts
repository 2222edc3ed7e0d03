// What a verb of an operator would bring, for its dry run: to whom, when, and which notices they would get. Writes nothing.

import type { UpgradeDeps } from "../deps.ts";
import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import type { NewNotice, NoticeKind } from "../../notices/core/notice.ts";
import type { Campaign } from "../core/campaign.ts";
import { announcementOf, cancellationOf, noticesAbout } from "./customer-notices.ts";
import { isActive, isTerminal } from "../core/moves.ts";
import type { Upgrade } from "../core/upgrade.ts";
import type { CampaignCommand } from "../campaigns/campaign-commands.ts";

export const EFFECTS = [
  /** Its customer is told, and it starts when its date has come. */
  "announced",
  /** Does not start until somebody acts again. */
  "held",
  "mayStart",
  "skipped",
  /** Is under way, and goes on to its end: stopping half-way would leave the organisation offline. */
  "goesOn",
  "waitsForHuman",
] as const;
export type Effect = (typeof EFFECTS)[number];

export interface PreviewedNotice {
  readonly kind: NoticeKind;
  /** Absent: when the upgrade has ended. */
  readonly sentFrom?: number;
  readonly acceptedBy?: number;
}

export interface Preview {
  /** As it is now. */
  readonly upgrade: Upgrade;
  readonly effect: Effect;
  readonly notices: readonly PreviewedNotice[];
}

export interface PreviewDeps extends Pick<UpgradeDeps, "clock" | "store" | "organisationOf"> {
  /** Whether a mail that tells of this upgrade was sent to the organisation. */
  readonly wasNotified: (of: Pick<Upgrade, "campaignId" | "organisationId">) => Promise<boolean>;
}

const AT_ONCE = 32;

/** Every upgrade that has not ended, ascending by organisation. `campaign`: as the verb would leave it. */
export async function previewCampaign(
  deps: PreviewDeps,
  campaign: Campaign,
  verb: CampaignCommand,
): Promise<readonly Preview[]> {
  const open: Upgrade[] = [];
  for await (const { upgrade } of deps.store.allUpgrades(campaign.campaignId)) {
    if (!isTerminal(upgrade.state)) open.push(upgrade);
  }
  return mapConcurrently(open, AT_ONCE, async (upgrade) => {
    const effect = effectOn(upgrade, campaign, verb);
    return { upgrade, effect, notices: (await noticesOf(deps, upgrade, campaign, effect)).map(brief) };
  });
}

function effectOn({ state, ring }: Upgrade, campaign: Campaign, verb: CampaignCommand): Effect {
  if (state === "needsHuman") return "waitsForHuman";
  if (isActive(state)) return "goesOn";
  switch (verb) {
    case "approve":
      return campaign.state === "approved" ? "announced" : "held";
    case "pause":
      return "held";
    case "resume":
      return campaign.rings.findIndex((one) => one.ring === ring) < campaign.openRings ? "mayStart" : "held";
    case "abort":
      return "skipped";
  }
}

async function noticesOf(
  deps: PreviewDeps,
  upgrade: Upgrade,
  campaign: Campaign,
  effect: Effect,
): Promise<readonly NewNotice[]> {
  if (effect !== "announced" && effect !== "skipped") return [];
  const organisation = await deps.organisationOf(upgrade.organisationId);
  if (organisation === undefined) return [];
  const now = deps.clock.now();
  if (effect === "announced") return announcementOf(campaign, upgrade, organisation, now);
  return (await deps.wasNotified(upgrade)) ? [cancellationOf(campaign, upgrade, organisation, now)] : [];
}

/** The notices that would follow when a verb has left the upgrade like this: skipped, on its way back, or at a new date. */
export async function previewUpgrade(deps: PreviewDeps, upgrade: Upgrade): Promise<readonly PreviewedNotice[]> {
  if (isActive(upgrade.state)) return [{ kind: "rollBack" }];
  const [stored, organisation] = await Promise.all([
    deps.store.readCampaign(upgrade.campaignId),
    deps.organisationOf(upgrade.organisationId),
  ]);
  if (stored === undefined || organisation === undefined) return [];
  const now = deps.clock.now();
  if (upgrade.state !== "skipped") return noticesAbout("appointed", upgrade, organisation, now).map(brief);
  return (await deps.wasNotified(upgrade)) ? [brief(cancellationOf(stored.campaign, upgrade, organisation, now))] : [];
}

const brief = ({ kind, notBefore, deadline }: NewNotice): PreviewedNotice => ({
  kind,
  sentFrom: notBefore,
  acceptedBy: deadline,
});
