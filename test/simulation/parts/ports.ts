// What an actor of the simulation has: the real stores and verbs over simulated ports, each call behind a gate.

import { EVENTS, type AppLog } from "../../../shared/capabilities.ts";
import { logTo } from "../../../shared/platform/telemetry/log.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { noticeVerbs, type NoticeNeeds } from "../../../shared/notices/verbs.ts";
import { systemIds } from "../../../shared/platform/ids.ts";
import { upgradePorts } from "../../../shared/upgrades/ports.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import type { Need } from "../../../shared/upgrades/core/due.ts";
import type { QuarantineRule } from "../../../shared/upgrades/core/quarantine.ts";
import type { UpgradePolicy } from "../../../shared/upgrades/core/upgrade.ts";
import type { Verify } from "../../../shared/upgrades/upgrade/perform-step.ts";
import type { Guard } from "./gates.ts";
import { guardControlPlane, guardTables } from "./guards.ts";
import type { Watch } from "./invariants.ts";
import type { Mutation } from "./mutations.ts";
import type { SimBroker } from "./sim-broker.ts";
import type { SimControlPlane } from "./sim-control-plane.ts";
import type { MailQuota, SimMailer } from "./sim-mailer.ts";
import { CHECK_MAX_AGE_MS, type Surroundings } from "./surroundings.ts";
import { deletionClaims } from "../../../shared/upgrades/store/claim-for-deletion.ts";

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

/** The product's own stores and verbs; what they ask of the rest of the world is simulated. */
export function portsOf(parts: Parts, guard: Guard) {
  const { rules, broker, surroundings, watch, mutation } = parts;
  const tables = guardTables(parts.tables, guard, mutation);
  const clock = { now: parts.now };
  const log = logOf(parts);
  const organisations = organisationStore(tables);
  const notices = noticeVerbs({
    tables,
    clock,
    log,
    mailer: { send: (mail) => guard("mail", () => parts.mailer.send(mail)) },
    raiseIncident: ({ subject }) => guard("open task", async () => surroundings.openTask(subject)),
    composer: COMPOSER,
    quota: rules.quota,
    traceparent: () => undefined,
  });
  const send = broker.send.bind(broker);
  const ports = upgradePorts({
    tables,
    clock,
    trustedClock: clock,
    ids: systemIds,
    log,
    notices,
    organisations,
    // Without a gate: a read that fails is the same as the next call failing.
    organisationOf: async (organisationId) => (await organisations.read(organisationId))?.organisation,
    bus: {
      send: (...args: Parameters<typeof send>) => guard(`send ${args[0]}`, () => send(...args)),
      close: () => broker.close(),
    },
    controlPlane: guardControlPlane(parts.controlPlane, guard, (...of) => watch.callsOffline(...of)),
    verify: verifyBy(parts, guard),
    freezes: () => guard("Freezes.list", async () => surroundings.freezes.map(({ freeze }) => freeze)),
    latestChecks: (organisationId, limit) =>
      guard("FunctionalChecks.list", async () => surroundings.readChecks(organisationId, limit)),
    requestCheck: (organisationId, slot) =>
      guard("request check", async () => surroundings.requestCheck(organisationId, slot)),
    raiseIncident: (incident) => guard("raise", async () => surroundings.raise(incident)),
    publish: (event) => guard("publish", async () => surroundings.publish(event)),
    traceparent: () => undefined,
    settings: {
      ...UNUSED,
      policy: mutation === "no deadlines" ? withoutDeadlines(rules.policy) : rules.policy,
      campaignTickMs: rules.tickMs,
      gateLimitMs: rules.gateLimitMs,
      quarantine: rules.quarantineRule,
      standard: rules.standard,
      noticeWaitMs: rules.noticeWaitMs,
      checkMaxAgeMs: CHECK_MAX_AGE_MS,
    },
  });
  return { ...ports, notices, deletions: deletionClaims(ports) };
}

/** Standards of requests that leave them open: those of the simulation do not. */
const UNUSED = { maxInFlight: 1, soakMs: 0 };

const COMPOSER: NoticeNeeds["composer"] = {
  organizer: { name: "Operations", email: "operations@docuware.example" },
  surroundings: () => ({ supportEmail: "support@docuware.example" }),
};

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

const logOf = ({ trace, watch }: Parts): AppLog =>
  logTo(EVENTS, ({ event }, _, given) => {
    const text = (): string => JSON.stringify({ ...given, failure: undefined });
    trace(() => `  log ${event} ${text()}`);
    if (DEFECTS.has(event)) watch.break("I12", `${event} ${text()}`);
  });
