// What drives campaigns and upgrades, bound to the outside world.

import { checkRequestMessage } from "../shared/checks/messages.ts";
import type { CheckStore } from "../shared/checks/store.ts";
import { ControlPlaneRefusal } from "../shared/docuware/control-plane/control-plane-refusal.ts";
import type { ControlPlane } from "../shared/docuware/control-plane/control-plane.ts";
import type { FreezeStore } from "../shared/freezes/store.ts";
import type { Actor } from "../shared/kernel/actor.ts";
import type { Organisation } from "../shared/organisations/organisation.ts";
import type { OrganisationStore } from "../shared/organisations/store.ts";
import type { Settings } from "../shared/platform/settings/settings.ts";
import { advanceCampaign } from "../shared/upgrades/campaigns/advance-campaign.ts";
import { advanceUpgrade } from "../shared/upgrades/upgrade/advance-upgrade.ts";
import { appointmentsOf } from "../shared/upgrades/dates/appointments-of.ts";
import { deletionClaims } from "../shared/upgrades/store/claim-for-deletion.ts";
import { claimsAhead, holderOf } from "../shared/upgrades/store/claims.ts";
import type { Campaign } from "../shared/upgrades/core/campaign.ts";
import { isActive } from "../shared/upgrades/core/moves.ts";
import type { OutboxEntry } from "../shared/upgrades/core/outbox.ts";
import type { Upgrade } from "../shared/upgrades/core/upgrade.ts";
import { createCampaign, tryCampaign, type NewCampaign } from "../shared/upgrades/campaigns/create-campaign.ts";
import { estimatesStore } from "../shared/upgrades/store/estimates-store.ts";
import { previewCampaign, previewUpgrade } from "../shared/upgrades/upgrade/preview.ts";
import { preflightOf } from "../shared/upgrades/upgrade/preflight.ts";
import { healthyBefore } from "../shared/upgrades/upgrade/healthy-before.ts";
import { liftQuarantine } from "../shared/upgrades/quarantines/lift-quarantine.ts";
import { performStep, type Verify } from "../shared/upgrades/upgrade/perform-step.ts";
import { campaignProgress } from "../shared/upgrades/campaigns/progress.ts";
import { quarantineStore } from "../shared/upgrades/quarantines/quarantine-store.ts";
import { recheckAppointments } from "../shared/upgrades/dates/recheck-appointments.ts";
import { reconcile } from "../shared/upgrades/campaigns/reconcile.ts";
import { rescheduleByOperator } from "../shared/upgrades/dates/reschedule.ts";
import { reschedulePort } from "../shared/upgrades/dates/reschedule-port.ts";
import { stillRegistered } from "../shared/upgrades/upgrade/still-registered.ts";
import { commandCampaign } from "../shared/upgrades/campaigns/campaign-commands.ts";
import { commandUpgrade } from "../shared/upgrades/upgrade/upgrade-commands.ts";
import { upgradeStore } from "../shared/upgrades/store/store.ts";
import { notifyCampaign, notifyMove } from "../shared/upgrades/upgrade/notify.ts";
import { notifiedBeforeOffline } from "../shared/upgrades/upgrade/notified-before-offline.ts";
import { verdictsOn } from "../shared/upgrades/campaigns/verdicts.ts";
import type { Adapters } from "./adapters.ts";
import type { IncidentDependencies, NoticeDependencies, WebhookDependencies } from "./notice-dependencies.ts";
import { CHECK_QUEUE } from "../shared/checks/resources.ts";

export interface UpgradeSurroundings {
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly organisations: OrganisationStore;
  readonly freezes: FreezeStore;
  readonly checks: CheckStore;
  readonly controlPlane: ControlPlane;
  readonly verify: Verify;
  readonly notices: NoticeDependencies;
  readonly incidents: IncidentDependencies;
  readonly webhooks: WebhookDependencies;
}

/** The parameters after the dependencies. */
type Tail<F extends (first: never, ...rest: never[]) => unknown> = F extends (first: never, ...rest: infer R) => unknown
  ? R
  : never;

export function upgradeDependencies(settings: Settings, base: Adapters, around: UpgradeSurroundings) {
  const { campaignTickMs: tickMs, maxInFlight, soakMs } = settings.upgrade;
  const deps = portsOf(settings, base, around);
  const { store, tables, clock } = deps;
  const campaignOf = (organisationId: string) => holderOf({ tables, store }, organisationId, clock.now());
  return {
    store,
    defaults: { maxInFlight, soakMs },
    deletions: deletionClaims(deps),
    isBeingUpgraded: async (organisationId: string): Promise<boolean> => {
      const campaignId = await campaignOf(organisationId);
      if (campaignId === undefined) return false;
      const stored = await store.readUpgrade(campaignId, organisationId);
      return stored !== undefined && (isActive(stored.upgrade.state) || stored.upgrade.state === "needsHuman");
    },
    hasUpgrade: async (campaignId: string, organisationId: string): Promise<boolean> =>
      (await store.readUpgrade(campaignId, organisationId)) !== undefined,
    appointmentsOf: (organisationId: string) => appointmentsOf(deps, organisationId),
    reschedulePort: reschedulePort({ ...deps, tickMs }),
    plan: (request: NewCampaign, author: string) => tryCampaign(deps, request, author),
    create: (request: NewCampaign, actor: Actor) =>
      createCampaign(deps, { ...request, traceparent: base.telemetry.traceparent() }, actor),
    progress: (campaign: Campaign) => campaignProgress({ ...deps, clock: base.clockWatch.trusted }, campaign),
    previewCampaign: (...args: Tail<typeof previewCampaign>) => previewCampaign(deps, ...args),
    previewUpgrade: (upgrade: Upgrade) => previewUpgrade(deps, upgrade),
    commandCampaign: (...args: Tail<typeof commandCampaign>) => commandCampaign(deps, ...args),
    commandUpgrade: (...args: Tail<typeof commandUpgrade>) => commandUpgrade(deps, ...args),
    reschedule: (...args: Tail<typeof rescheduleByOperator>) => rescheduleByOperator(deps, ...args),
    quarantines: () => deps.quarantines.all(),
    liftQuarantine: (version: string, actor: Actor, dryRun: boolean) => liftQuarantine(deps, version, actor, dryRun),
    advanceUpgrade: (...args: Tail<typeof advanceUpgrade>) => advanceUpgrade(deps, ...args),
    advanceCampaign: (...args: Tail<typeof advanceCampaign>) => advanceCampaign(deps, ...args),
    reconcile: () => reconcile(deps),
    recheckAppointments: () => recheckAppointments(deps),
  };
}

function portsOf(settings: Settings, base: Adapters, around: UpgradeSurroundings) {
  const { policy, campaignTickMs: tickMs, gateLimitMs, quarantine: quarantineRule, standard } = settings.upgrade;
  const { organisations, organisationOf, freezes, checks, controlPlane, verify, notices, incidents, webhooks } = around;
  const estimates = estimatesStore(base.tables, standard);
  const store = upgradeStore(base.tables, base.log);
  const telling = {
    clock: base.clock,
    organisationOf,
    requestNotices: notices.request,
    withdrawNotices: notices.withdraw,
    cancelAppointment: notices.cancel,
    wasNotified: notices.wasNotified,
    raiseIncident: incidents.raise,
    publish: webhooks.publish,
    requestCheck: (organisationId: string, slot: number) =>
      base.bus.send(CHECK_QUEUE, [checkRequestMessage({ organisationId, slot, task: "check" })]),
  };
  const latestChecks = async (organisationId: string, limit: number) =>
    (await checks.list(organisationId, limit)).items;
  const { checkMaxAgeMs, noticeWaitMs } = settings.upgrade;
  const notified = notifiedBeforeOffline({ ...base, ...telling, noticesOf: notices.noticesOf, noticeWaitMs });
  const healthy = healthyBefore({ ...base, ...telling, latestChecks, checkMaxAgeMs });
  const registered = () =>
    stillRegistered({
      organisationOf: organisations.ahead(base.clock),
      claimOf: claimsAhead(base.tables, base.clock),
    });
  return {
    ...base,
    ...telling,
    store,
    quarantines: quarantineStore(base.tables),
    policy,
    tickMs,
    gateLimitMs,
    quarantineRule,
    perform: performStep({ controlPlane, verify }),
    learn: estimates.learn,
    freezes: () => freezes.all(),
    need: () => estimates.need(),
    samples: () => estimates.samples(),
    versionOf: versionBy(controlPlane),
    planAnnouncement: notices.plan,
    registry: organisations,
    noticeWaitMs,
    preflight: () => preflightOf([registered(), notified, healthy]),
    acceptedNotices: ({ campaignId, organisationId }: Upgrade) => notices.accepted(campaignId, organisationId),
    verdicts: (campaign: Campaign, rings: readonly string[]) => verdictsOn({ store, latestChecks }, campaign, rings),
    notify: (move: OutboxEntry, campaign: Campaign) => notifyMove(telling, move, campaign),
    notifyCampaign: (campaign: Campaign) => notifyCampaign(telling, campaign),
  };
}

const versionBy =
  (controlPlane: ControlPlane) =>
  async (organisationId: string): Promise<string | undefined> => {
    try {
      return (await controlPlane.status(organisationId)).version;
    } catch (error) {
      if (error instanceof ControlPlaneRefusal && error.code === "unknownOrganisation") return undefined;
      throw error;
    }
  };
