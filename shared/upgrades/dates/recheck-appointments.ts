// Once a day: dates that cannot be kept any more, because clock rules have changed or a freeze was declared, are given
// another one now, and not only when their window has come. The customer is told again.

import type { UpgradeDeps } from "../deps.ts";
import { freezesFor } from "../../kernel/time/freeze.ts";
import { tryEach } from "../../kernel/try-each.ts";
import { changeDate, type ChangeDateDeps } from "./change-date.ts";
import { movedByTimeZone } from "../core/appointment.ts";
import type { Campaign } from "../core/campaign.ts";
import { decide, type UpgradeEvent } from "../core/decide.ts";
import { change } from "../core/due.ts";
import type { Upgrade } from "../core/upgrade.ts";
import { tickMessage } from "../messages.ts";
import { openCampaigns } from "../campaigns/reconcile.ts";
import { changeBy } from "../store/store-writes.ts";
import { CAMPAIGN_QUEUE } from "../resources.ts";

export interface RecheckDeps extends ChangeDateDeps, Pick<UpgradeDeps, "store" | "bus" | "log" | "policy" | "tickMs"> {}

const BY = "timer:recheck-appointments";

/** How many dates were changed. Doing it again, or beside the coordinator, changes nothing twice. */
export async function recheckAppointments(deps: RecheckDeps): Promise<number> {
  let changed = 0;
  await tryEach(openCampaigns(deps.store), async (campaign) => {
    if (campaign.kind === "hotfix" || campaign.state === "approved" || campaign.state === "aborted") return;
    const here = await recheckCampaign(deps, campaign);
    if (here > 0) {
      await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, deps.clock.now(), deps.tickMs)]);
      deps.log.event("campaign.datesChanged", { campaignId: campaign.campaignId, upgrades: here });
    }
    changed += here;
  });
  return changed;
}

async function recheckCampaign(deps: RecheckDeps, { campaignId, rings }: Campaign): Promise<number> {
  const freezes = await deps.freezes();
  let changed = 0;
  for (const { ring } of rings) {
    for await (const waiting of deps.store.allWaitingIn(campaignId, ring)) {
      const stored = waiting.hint ?? (await deps.store.readUpgrade(campaignId, waiting.organisationId));
      if (stored === undefined) continue;
      const event = await eventFor(deps, stored.upgrade, freezesFor(freezes, stored.upgrade));
      const context = { now: deps.clock.now(), by: BY, policy: deps.policy };
      const decision = event === undefined ? undefined : decide(stored.upgrade, event, context);
      if (decision?.ok !== true) continue;
      // A lost race means that somebody has moved or started it in this moment.
      const written = await deps.store.save(changeBy(stored, decision.value, waiting));
      if (written.kind === "written") changed += 1;
    }
  }
  return changed;
}

async function eventFor(
  deps: RecheckDeps,
  upgrade: Upgrade,
  freezes: Parameters<typeof change>[1],
): Promise<UpgradeEvent | undefined> {
  const { appointment } = upgrade;
  if (appointment === undefined) return undefined;
  const found = change(appointment, freezes);
  if (found?.kind === "missed") return changeDate(deps, upgrade, found.reason);
  if (found?.kind !== "moved") return undefined;
  const next = movedByTimeZone(appointment, found.start, found.end);
  return { kind: "appointed", appointment: next, reason: `the clock rules of ${appointment.zone} have changed` };
}
