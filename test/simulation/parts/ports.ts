// What an actor of the simulation has: the real stores and verbs over simulated ports, each call behind a gate.

import type { Log } from "../../../shared/platform/telemetry/log.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { withdrawNotices } from "../../../shared/notices/correct-notices.ts";
import { cancelAppointment } from "../../../shared/notices/cancel-appointment.ts";
import { acceptances } from "../../../shared/notices/evidence.ts";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import { planAnnouncement } from "../../../shared/notices/plan-announcement.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import type { SendNoticesDeps } from "../../../shared/notices/send-due-notices.ts";
import { noticeStore } from "../../../shared/notices/store.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import type { Need } from "../../../shared/upgrades/core/due.ts";
import type { QuarantineRule } from "../../../shared/upgrades/core/quarantine.ts";
import type { OutboxEntry } from "../../../shared/upgrades/core/outbox.ts";
import type { Upgrade, UpgradePolicy } from "../../../shared/upgrades/core/upgrade.ts";
import { estimatesStore } from "../../../shared/upgrades/store/estimates-store.ts";
import { performStep, type Verify } from "../../../shared/upgrades/upgrade/perform-step.ts";
import { quarantineStore } from "../../../shared/upgrades/quarantines/quarantine-store.ts";
import { upgradeStore } from "../../../shared/upgrades/store/store.ts";
import { notifyCampaign, notifyMove, type NotifyDeps } from "../../../shared/upgrades/upgrade/notify.ts";
import { notifiedBeforeOffline } from "../../../shared/upgrades/upgrade/notified-before-offline.ts";
import { verdictsOn } from "../../../shared/upgrades/campaigns/verdicts.ts";
import type { Guard } from "./gates.ts";
import { guardControlPlane, guardTables } from "./guards.ts";
import type { Watch } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import type { SimBroker } from "./sim-broker.ts";
import type { SimControlPlane } from "./sim-control-plane.ts";
import type { MailQuota, SimMailer } from "./sim-mailer.ts";
import { CHECK_MAX_AGE_MS, type Surroundings } from "./surroundings.ts";
import { deletionClaims } from "../../../shared/upgrades/store/claim-for-deletion.ts";
import { healthyBefore } from "../../../shared/upgrades/upgrade/healthy-before.ts";
import { stillRegistered } from "../../../shared/upgrades/upgrade/still-registered.ts";
import { claimsAhead } from "../../../shared/upgrades/store/claims.ts";
import { preflightOf } from "../../../shared/upgrades/upgrade/preflight.ts";

/** Whether the functional suite passes on an organisation with a version, or the step that fails. */
export type Suite = (organisationId: string, version: string) => boolean | SuiteStep;
/** Business-critical, or not. */
type SuiteStep = "store" | "purge";

/** The rules of a world. */
export interface Rules {
  readonly policy: UpgradePolicy;
  readonly tickMs: number;
  readonly gateLimitMs: number;
  readonly quarantineRule: QuarantineRule;
  /** What upgrades are thought to take before any has ended. */
  readonly standard: Need;
  readonly quota: MailQuota;
  /** How long a hotfix waits for the mail of an organisation whose turn has come. */
  readonly noticeWaitMs: number;
}

/** What all actors of a world share. */
export interface Parts {
  readonly rules: Rules;
  readonly suite: Suite | undefined;
  /** Of every organisation. */
  readonly initialVersion: string;
  readonly mutation: Mutation | undefined;
  readonly broker: SimBroker;
  readonly controlPlane: SimControlPlane;
  readonly tables: Tables;
  readonly mailer: SimMailer;
  readonly surroundings: Surroundings;
  readonly watch: Watch;
  readonly now: () => number;
  readonly trace: (line: () => string) => void;
}

export type Ports = ReturnType<typeof portsOf>;

export function portsOf(parts: Parts, guard: Guard) {
  const { rules, broker, surroundings, watch, mutation } = parts;
  const tables = guardTables(parts.tables, guard, mutation);
  const controlPlane = guardControlPlane(parts.controlPlane, guard, (...of) => watch.callsOffline(...of));
  const send = broker.send.bind(broker);
  const base = {
    clock: { now: parts.now },
    log: logTo(parts),
    tables,
    store: upgradeStore(tables),
    bus: {
      send: (...args: Parameters<typeof send>) => guard(`send ${args[0]}`, () => send(...args)),
      close: () => broker.close(),
    },
    policy: mutation === "no deadlines" ? withoutDeadlines(rules.policy) : rules.policy,
    tickMs: rules.tickMs,
  };
  const registry = organisationStore(tables);
  const notices = noticePorts(parts, guard, tables);
  const estimates = estimatesStore(tables, rules.standard);
  const telling = tellPorts(parts, guard, notices);
  const latestChecks = (organisationId: string, limit: number) =>
    guard("FunctionalChecks.list", async () => surroundings.readChecks(organisationId, limit));
  const notified = notifiedBeforeOffline({
    ...base,
    ...telling,
    noticesOf: (...of) => notices.store.noticesOf(...of),
    noticeWaitMs: rules.noticeWaitMs,
  });
  const registered = () =>
    stillRegistered({ organisationOf: registry.ahead(base.clock), claimOf: claimsAhead(tables, base.clock) });
  const healthy = healthyBefore({ ...base, ...telling, latestChecks, checkMaxAgeMs: CHECK_MAX_AGE_MS });
  return {
    ...base,
    ...telling,
    notices,
    quarantines: quarantineStore(tables),
    quarantineRule: rules.quarantineRule,
    gateLimitMs: rules.gateLimitMs,
    perform: performStep({ controlPlane, verify: verifyBy(parts, guard) }),
    freezes: () => guard("Freezes.list", async () => surroundings.freezes.map(({ freeze }) => freeze)),
    need: () => estimates.need(),
    learn: estimates.learn,
    versionOf: async (organisationId: string) => (await controlPlane.status(organisationId)).version,
    planAnnouncement: (deadlines: readonly number[], kind?: "hotfix") => planAnnouncement(notices, deadlines, kind),
    registry,
    deletions: deletionClaims({ tables, store: base.store, registry, clock: base.clock }),
    preflight: () => preflightOf([notified, registered(), healthy]),
    acceptedNotices: ({ campaignId, organisationId }: Upgrade) =>
      acceptances(notices.store, campaignId, organisationId),
    verdicts: (campaign: Campaign, rings: readonly string[]) =>
      verdictsOn({ store: base.store, latestChecks }, campaign, rings),
    notify: (move: OutboxEntry, campaign: Campaign) => notifyMove(telling, move, campaign),
    notifyCampaign: (campaign: Campaign) => notifyCampaign(telling, campaign),
  };
}

function noticePorts(parts: Parts, guard: Guard, tables: Tables) {
  return {
    store: noticeStore(tables),
    clock: { now: parts.now },
    log: logTo(parts),
    mailer: { send: (mail) => guard("mail", () => parts.mailer.send(mail)) },
    raiseIncident: ({ subject }) => guard("open task", async () => parts.surroundings.openTask(subject)),
    composer: COMPOSER,
    quota: parts.rules.quota,
  } satisfies SendNoticesDeps & { readonly store: ReturnType<typeof noticeStore> };
}

const COMPOSER: SendNoticesDeps["composer"] = {
  organizer: { name: "Operations", email: "operations@docuware.example" },
  surroundings: () => ({ supportEmail: "support@docuware.example" }),
};

function tellPorts(
  { surroundings, tables, now }: Parts,
  guard: Guard,
  notices: ReturnType<typeof noticePorts>,
): NotifyDeps {
  return {
    clock: { now },
    // Without a gate: a read that fails is the same as the next call failing.
    organisationOf: async (organisationId) => (await organisationStore(tables).read(organisationId))?.organisation,
    requestNotices: (asked: readonly NewNotice[]) => requestNotices(notices, asked),
    withdrawNotices: (of) => withdrawNotices(notices, of),
    cancelAppointment: (cancellation) => cancelAppointment(notices, cancellation),
    raiseIncident: (incident) => guard("raise", async () => surroundings.raise(incident)),
    publish: (event) => guard("publish", async () => surroundings.publish(event)),
    requestCheck: (organisationId, slot) =>
      guard("request check", async () => surroundings.requestCheck(organisationId, slot)),
  };
}

/** The suite takes a moment, so it has a beginning and an end; the version is the one it found at the beginning. */
function verifyBy({ watch, suite, mutation, initialVersion }: Parts, guard: Guard): Verify {
  return async (organisationId) => {
    const { passed, version } = await guard("suite begins", async () => ({
      passed: watch.suiteBegan(organisationId),
      version: watch.versionOf(organisationId),
    }));
    return guard("suite ends", async () => {
      if (mutation === "suite not run") return { kind: "passed", version };
      const result = suite?.(organisationId, version) ?? true;
      if (result === false) return { kind: "failed", reason: "injected: the suite failed" };
      // After a roll-back this is as good as passed.
      if (result === true || (result === "purge" && version === initialVersion)) passed();
      if (result !== true) {
        return { kind: "failed", reason: `${result}: injected`, failedStep: { step: result, isThrottled: false } };
      }
      return { kind: "passed", version };
    });
  };
}

function withoutDeadlines(policy: UpgradePolicy): UpgradePolicy {
  const long = 365 * 86_400_000;
  const { goingOffline: _, ...others } = policy.limitsMs;
  const limitsMs = { goingOffline: long, ...others, creatingRestorePoint: long, upgrading: long, restoring: long };
  return { ...policy, limitsMs: { ...limitsMs, goingOnline: long }, offlineLimitMs: long };
}

/** Swallowed at the edge because they must not hold up others; none of them may happen here. */
const DEFECTS = new Set(["upgrade.notNotified", "upgrade.notAnnounced", "upgrade.notRegistered"]);

function logTo({ trace, watch }: Parts): Log {
  const text = (fields: object | undefined): string => JSON.stringify({ ...fields, failure: undefined });
  return {
    info: (event, fields) => trace(() => `  log ${event} ${text(fields)}`),
    warn: (event, fields) => trace(() => `  log ${event} ${text(fields)}`),
    error(event, fields) {
      trace(() => `  log ${event} ${text(fields)}`);
      if (DEFECTS.has(event)) watch.break("I12", `${event} ${text(fields)}`);
    },
  };
}
