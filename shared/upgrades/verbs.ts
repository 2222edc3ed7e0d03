// All that can be done with campaigns and upgrades, bound to the adapters once: for the composition root.

import { bind } from "../kernel/bind.ts";
import type { Actor } from "../kernel/actor.ts";
import type { Campaign } from "./core/campaign.ts";
import { isActive } from "./core/moves.ts";
import { advanceCampaign } from "./campaigns/advance-campaign.ts";
import { commandCampaign } from "./campaigns/campaign-commands.ts";
import { createCampaign, tryCampaign, type NewCampaign } from "./campaigns/create-campaign.ts";
import { campaignProgress } from "./campaigns/progress.ts";
import { reconcile } from "./campaigns/reconcile.ts";
import { requestCampaign } from "./campaigns/request-campaign.ts";
import { appointmentsOf } from "./dates/appointments-of.ts";
import { recheckAppointments } from "./dates/recheck-appointments.ts";
import { rescheduleByOperator } from "./dates/reschedule.ts";
import { reschedulePort } from "./dates/reschedule-port.ts";
import { upgradePorts, type UpgradeNeeds } from "./ports.ts";
import { liftQuarantine } from "./quarantines/lift-quarantine.ts";
import { deletionClaims } from "./store/claim-for-deletion.ts";
import { holderOf } from "./store/claims.ts";
import { advanceUpgrade } from "./upgrade/advance-upgrade.ts";
import { listUpgradesOf } from "./upgrade/list-upgrades.ts";
import { previewCampaign, previewUpgrade } from "./upgrade/preview.ts";
import { commandUpgrade } from "./upgrade/upgrade-commands.ts";

export type UpgradeVerbs = ReturnType<typeof upgradeVerbs>;

export function upgradeVerbs(needs: UpgradeNeeds) {
  const deps = upgradePorts(needs);
  const { store, tables, clock, log } = deps;
  return {
    store,
    upgradesOf: bind(store, listUpgradesOf),
    isBeingUpgraded: async (organisationId: string): Promise<boolean> => {
      const campaignId = await holderOf({ tables, store }, organisationId, clock.now());
      if (campaignId === undefined) return false;
      const stored = await store.readUpgrade(campaignId, organisationId);
      return stored !== undefined && (isActive(stored.upgrade.state) || stored.upgrade.state === "needsHuman");
    },
    hasUpgrade: async (campaignId: string, organisationId: string): Promise<boolean> =>
      (await store.readUpgrade(campaignId, organisationId)) !== undefined,
    deletions: deletionClaims(deps),
    requestCampaign: bind(deps, requestCampaign),
    planCampaign: bind(deps, tryCampaign),
    createCampaign: (request: NewCampaign, actor: Actor) =>
      createCampaign(deps, { ...request, traceparent: needs.traceparent() }, actor),
    progress: (campaign: Campaign) => campaignProgress({ ...deps, clock: needs.trustedClock }, campaign),
    previewCampaign: bind(deps, previewCampaign),
    previewUpgrade: bind(deps, previewUpgrade),
    commandCampaign: bind(deps, commandCampaign),
    commandUpgrade: bind(deps, commandUpgrade),
    reschedule: bind(deps, rescheduleByOperator),
    reschedulePort: reschedulePort(deps),
    appointmentsOf: bind(deps, appointmentsOf),
    quarantines: () => deps.quarantines.all(),
    liftQuarantine: bind(deps, liftQuarantine),
    advanceUpgrade: bind(deps, advanceUpgrade),
    advanceCampaign: bind(deps, advanceCampaign),
    reconcile: async (): Promise<void> => {
      const found = await reconcile(deps);
      if (found.upgrades > 0) log.event("upgrades.reconciled", { ...found });
    },
    recheckAppointments: async (): Promise<void> => {
      log.event("upgrades.rechecked", { changed: await recheckAppointments(deps) });
    },
  };
}
