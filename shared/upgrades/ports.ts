// What the use cases of campaigns and upgrades take, made once from what the app has.

import type { Check } from "../checks/check.ts";
import { ControlPlaneRefusal, type ControlPlane } from "../docuware/control-plane/control-plane.ts";
import type { NoticeVerbs } from "../notices/verbs.ts";
import type { OrganisationStore } from "../organisations/store.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Ids } from "../platform/ids.ts";
import type { UpgradeSettings } from "./settings.ts";
import type { WebhookEvent } from "../webhooks/core/event.ts";
import { verdictsOn } from "./campaigns/verdicts.ts";
import type { Campaign } from "./core/campaign.ts";
import type { Finished } from "./core/estimates.ts";
import type { OutboxEntry } from "./core/outbox.ts";
import type { Upgrade } from "./core/upgrade.ts";
import type { UpgradeDeps } from "./deps.ts";
import { quarantineStore } from "./quarantines/quarantine-store.ts";
import { claimsAhead } from "./store/claims.ts";
import { estimatesStore } from "./store/estimates-store.ts";
import { upgradeStore } from "./store/store.ts";
import { healthyBefore } from "./upgrade/healthy-before.ts";
import { notifiedBeforeOffline } from "./upgrade/notified-before-offline.ts";
import { notifyCampaign, notifyMove } from "./upgrade/notify.ts";
import { performStep, type Verify } from "./upgrade/perform-step.ts";
import { preflightOf, type PreflightCheck } from "./upgrade/preflight.ts";
import { stillRegistered } from "./upgrade/still-registered.ts";

export interface UpgradeNeeds extends Pick<
  UpgradeDeps,
  "tables" | "bus" | "clock" | "log" | "organisationOf" | "freezes" | "raiseIncident"
> {
  /** Right even while the clock of this instance is wrong: reading goes on. */
  readonly trustedClock: Clock;
  readonly ids: Ids;
  readonly controlPlane: ControlPlane;
  readonly organisations: OrganisationStore;
  readonly verify: Verify;
  /** Newest first. */
  readonly latestChecks: (organisationId: string, limit: number) => Promise<readonly Check[]>;
  readonly requestCheck: (organisationId: string, slot: number) => Promise<unknown>;
  readonly notices: NoticeVerbs;
  readonly publish: (event: WebhookEvent) => Promise<unknown>;
  /** Of the call that is being handled: what follows from it continues its trace. */
  readonly traceparent: () => string | undefined;
  readonly settings: UpgradeSettings;
}

export function upgradePorts(needs: UpgradeNeeds) {
  const { tables, bus, clock, ids, log, organisations, organisationOf, controlPlane, notices, raiseIncident } = needs;
  const { latestChecks, requestCheck, verify } = needs;
  const { campaignTickMs, quarantine, standard, policy, gateLimitMs, noticeWaitMs } = needs.settings;
  const store = upgradeStore(tables, log);
  const estimates = estimatesStore(tables, standard);
  const notifying = {
    clock,
    organisationOf,
    requestNotices: notices.request,
    withdrawNotices: notices.withdraw,
    cancelAppointment: notices.cancel,
    raiseIncident,
    publish: needs.publish,
    requestCheck,
  };
  return {
    tables,
    bus,
    clock,
    ids,
    log,
    store,
    registry: organisations,
    organisationOf,
    raiseIncident,
    quarantines: quarantineStore(tables),
    freezes: needs.freezes,
    policy,
    gateLimitMs,
    noticeWaitMs,
    tickMs: campaignTickMs,
    quarantineRule: quarantine,
    defaults: { maxInFlight: needs.settings.maxInFlight, soakMs: needs.settings.soakMs },
    learn: (finished: readonly Finished[]) => estimates.learn(finished),
    need: () => estimates.need(),
    samples: () => estimates.samples(),
    versionOf: versionBy(controlPlane),
    perform: performStep({ controlPlane, verify }),
    planAnnouncement: notices.planAnnouncement,
    requestNotices: notices.request,
    wasNotified: notices.wasNotified,
    acceptedNotices: ({ campaignId, organisationId }: Upgrade) => notices.acceptances(campaignId, organisationId),
    notify: (move: OutboxEntry, campaign: Campaign) => notifyMove(notifying, move, campaign),
    notifyCampaign: (campaign: Campaign) => notifyCampaign(notifying, campaign),
    verdicts: (campaign: Campaign, rings: readonly string[]) => verdictsOn({ store, latestChecks }, campaign, rings),
    preflight: preflightBy(needs),
  };
}

/** Of an organisation that the control plane knows. */
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

function preflightBy(needs: UpgradeNeeds): () => PreflightCheck {
  const { tables, clock, log, organisations, notices, raiseIncident, settings, latestChecks, requestCheck } = needs;
  const { noticeWaitMs, checkMaxAgeMs } = settings;
  const noticesOf = (campaignId: string, organisationId: string) => notices.store.noticesOf(campaignId, organisationId);
  const notified = notifiedBeforeOffline({ noticesOf, raiseIncident, clock, log, noticeWaitMs });
  const healthy = healthyBefore({ clock, log, raiseIncident, latestChecks, requestCheck, checkMaxAgeMs });
  const registered = () =>
    stillRegistered({ organisationOf: organisations.ahead(clock), claimOf: claimsAhead(tables, clock) });
  return () => preflightOf([registered(), notified, healthy]);
}
