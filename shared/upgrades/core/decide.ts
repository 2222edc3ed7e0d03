// The upgrade state machine: pure, total over its states and events. Invariants, cited by the tests:
//   D1 A state that may leave the organisation offline always has a step under way (a deadline), or is needsHuman.
//   D2 `succeeded` is reached only after a passed verification of the new version, `rolledBack` only through one of
//      the previous version.
//   D3 On the way forward no deadline lies behind `turnBackAt`: what is not verified by then is rolled back.
//   D4 What is written can be saved: every text of others is cut and well-formed, however long it was.
//   D5 Each decision makes exactly one allowed move (moves.ts) and writes one history entry with the next sequence.

import { defined } from "../../kernel/defined.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { cut } from "../../kernel/text.ts";
import { compareVersions } from "../../kernel/version.ts";
import type { Appointment } from "./appointment.ts";
import { isActive, mayMove, type ActiveState, type UpgradeState } from "./moves.ts";
import { suiteVerdict, type FailedStep } from "./suite-verdict.ts";
import type { HistoryEntry, SkipCause, Upgrade, UpgradePolicy } from "./upgrade.ts";

export type UpgradeEvent =
  /** The coordinator let the upgrade start. Instants: see Upgrade. */
  | {
      readonly kind: "admitted";
      readonly turnBackAt: number;
      readonly backOnlineBy: number;
      readonly announcedEnd?: number | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly kind: "appointed"; readonly appointment: Appointment; readonly reason: string }
  | { readonly kind: "skipRequested"; readonly reason: string; readonly cause?: SkipCause | undefined }
  | { readonly kind: "stepDone"; readonly version: string; readonly restorePointId?: string }
  /** The step was refused, failed, or did not end before its deadline. `failedStep`: of the functional suite. */
  | { readonly kind: "stepFailed"; readonly reason: string; readonly failedStep?: FailedStep }
  /** Our own store or code cannot go on with the step. */
  | { readonly kind: "ownFailure" }
  /** Restoring was refused because the organisation is online on the new version: bringing it online took effect late. */
  | { readonly kind: "foundOnline" }
  /** An operator wants the upgrade under way undone. */
  | { readonly kind: "rollBackRequested"; readonly reason: string }
  /** An operator wants the failed roll-back tried again. */
  | { readonly kind: "retryRequested" };

/** The reason in the history of a roll-back that an operator has tried again. */
export const RETRIED = "retried by an operator";

export interface Decision {
  readonly next: Upgrade;
  readonly entry: HistoryEntry;
}

/** The event makes no sense in this state; nothing changes. */
export interface Refusal {
  readonly state: UpgradeState;
  readonly event: UpgradeEvent["kind"];
}

interface Move {
  readonly to: UpgradeState;
  readonly reason?: string;
  readonly cause?: SkipCause | undefined;
  readonly changes?: Partial<Upgrade>;
}

export const ONLINE_UNVERIFIED = "the organisation is online on a version that was not verified";

/** What happens next. `by` names the actor for the history; `now` is milliseconds since the epoch. */
export function decide(
  upgrade: Upgrade,
  event: UpgradeEvent,
  context: { readonly now: number; readonly by: string; readonly policy: UpgradePolicy },
): Result<Decision, Refusal> {
  const move = chooseMove(upgrade, event, context.now, context.policy);
  if (move === undefined || !mayMove(upgrade.state, move.to)) return err({ state: upgrade.state, event: event.kind });
  return ok(apply(upgrade, move, context));
}

function chooseMove(upgrade: Upgrade, event: UpgradeEvent, now: number, policy: UpgradePolicy): Move | undefined {
  switch (event.kind) {
    case "admitted": {
      const { turnBackAt, backOnlineBy, announcedEnd, reason } = event;
      const changes = {
        offlineFrom: now,
        turnBackAt,
        backOnlineBy,
        ...defined({ announcedEnd }),
      };
      if (upgrade.state !== "scheduled") return undefined;
      return { to: "goingOffline", changes, ...defined({ reason }) };
    }
    case "appointed":
      return upgrade.state === "scheduled"
        ? { to: "scheduled", reason: event.reason, changes: { appointment: event.appointment } }
        : undefined;
    case "skipRequested":
      return upgrade.state === "scheduled"
        ? {
            to: "skipped",
            reason: event.reason,
            cause: event.cause,
            changes: { failure: cut(event.reason, MAX_FAILURE) },
          }
        : undefined;
    case "retryRequested":
      return upgrade.state === "needsHuman" ? { to: rollBackEntry(upgrade), reason: RETRIED } : undefined;
    case "rollBackRequested":
      return isForward(upgrade.state) ? fallBack(upgrade, event.reason, now) : undefined;
    case "ownFailure":
      // On the way back nothing better is left than to try it again.
      return isForward(upgrade.state) ? fallBack(upgrade, OWN_FAILURE, now) : undefined;
    case "foundOnline":
      return upgrade.state === "restoring" ? afterFoundOnline(upgrade, now) : undefined;
    case "stepDone":
      return isActive(upgrade.state) ? afterDone(upgrade, upgrade.state, event, now) : undefined;
    case "stepFailed":
      return isActive(upgrade.state) ? afterFailure(upgrade, upgrade.state, event, now, policy) : undefined;
  }
}

function afterDone(
  upgrade: Upgrade,
  state: ActiveState,
  done: Extract<UpgradeEvent, { kind: "stepDone" }>,
  now: number,
): Move {
  switch (state) {
    case "goingOffline":
      return compareVersions(done.version, upgrade.targetVersion) > 0
        ? fallBack(upgrade, `it has ${done.version}, which is newer than ${upgrade.targetVersion}`, now, done.version)
        : { to: "creatingRestorePoint", changes: { fromVersion: cut(done.version, MAX_ID) } };
    case "creatingRestorePoint":
      // Without a restore point there is no way back, so there is no way forward either.
      return done.restorePointId === undefined || !isStorable(done.restorePointId)
        ? fallBack(upgrade, "the control plane reported no restore point that can be used", now)
        : { to: "upgrading", changes: { restorePointId: done.restorePointId } };
    case "upgrading":
      return { to: "verifying" };
    case "verifying":
      return { to: "goingOnline", changes: { isVerified: true } };
    case "goingOnline":
      return { to: "succeeded", changes: { onlineAgainAt: now } };
    case "restoring":
      return { to: "verifyingPrevious", changes: { isVerified: false } };
    case "verifyingPrevious":
      return { to: "goingOnlinePrevious" };
    case "goingOnlinePrevious":
      return { to: "rolledBack", changes: { onlineAgainAt: now } };
  }
}

/** Customers may be working by now. Fine if the new version was verified; what else put it online, a human must find out. */
function afterFoundOnline(upgrade: Upgrade, now: number): Move {
  if (upgrade.isVerified !== true) return needsHuman(upgrade, ONLINE_UNVERIFIED);
  return { to: "succeeded", reason: "it is online on the new version after all", changes: { onlineAgainAt: now } };
}

function afterFailure(
  upgrade: Upgrade,
  state: ActiveState,
  { reason, failedStep = UNKNOWN_STEP }: Extract<UpgradeEvent, { kind: "stepFailed" }>,
  now: number,
  policy: UpgradePolicy,
): Move {
  switch (state) {
    case "verifying":
    case "verifyingPrevious":
      if (upgrade.attempt < policy.verifyAttempts && !(state === "verifying" && isTimeToTurnBack(upgrade, now))) {
        return { to: state, reason, changes: { attempt: upgrade.attempt + 1 } };
      }
      if (state === "verifying") return fallBack(upgrade, reason, now);
      return suiteVerdict(state, failedStep) === "goOnline"
        ? { to: "goingOnlinePrevious", reason, changes: { onlineDespite: cut(reason, MAX_FAILURE) } }
        : needsHuman(upgrade, reason);
    case "goingOffline":
    case "creatingRestorePoint":
    case "upgrading":
    case "goingOnline":
      return fallBack(upgrade, reason, now);
    case "restoring":
    case "goingOnlinePrevious":
      return needsHuman(upgrade, reason);
  }
}

const UNKNOWN_STEP: FailedStep = { step: undefined, isThrottled: false };

/** As short as can be, so that the row which says so can be saved where another one could not. */
const OWN_FAILURE = "this app could not go on with the step";

/** Far below what a row takes, and all that a person reads. */
const MAX_FAILURE = 1000;
const MAX_ID = 200;

/** An id cannot be cut: half of it would name nothing. */
const isStorable = (id: string): boolean => id.length <= MAX_ID * 5 && id.isWellFormed();

const rollBackEntry = (upgrade: Upgrade): "restoring" | "verifyingPrevious" =>
  upgrade.restorePointId === undefined ? "verifyingPrevious" : "restoring";

function fallBack(upgrade: Upgrade, reason: string, now: number, fromVersion = upgrade.fromVersion): Move {
  const changes = {
    failure: cut(reason, MAX_FAILURE),
    rollBackFrom: now,
    ...(fromVersion === undefined ? {} : { fromVersion: cut(fromVersion, MAX_ID) }),
  };
  return { to: rollBackEntry(upgrade), reason, changes };
}

/** The states on the way to the new version. */
const FORWARD: ReadonlySet<UpgradeState> = new Set([
  "goingOffline",
  "creatingRestorePoint",
  "upgrading",
  "verifying",
  "goingOnline",
] satisfies UpgradeState[]);

const isForward = (state: UpgradeState): boolean => FORWARD.has(state);

const isTimeToTurnBack = ({ turnBackAt }: Upgrade, now: number): boolean =>
  turnBackAt !== undefined && now >= turnBackAt;

const THEN = "; then the roll-back failed: ";

/** The first failure, which support must understand, and the latest: however often the roll-back is retried. */
const needsHuman = ({ failure }: Upgrade, reason: string): Move => ({
  to: "needsHuman",
  reason,
  changes: {
    failure: cut(
      failure === undefined ? reason : `${failure.split(THEN, 1).join("")}${THEN}${reason}`,
      2 * MAX_FAILURE,
    ),
  },
});

function apply(upgrade: Upgrade, move: Move, context: { now: number; by: string; policy: UpgradePolicy }): Decision {
  const { now, by, policy } = context;
  const { deadline: _, ...rest } = upgrade;
  const changed: Upgrade = { ...rest, attempt: 1, ...move.changes };
  const next: Upgrade = {
    ...changed,
    state: move.to,
    sequence: upgrade.sequence + 1,
    enteredAt: now,
    ...(isActive(move.to) ? { deadline: deadlineOf(changed, move.to, now, policy) } : {}),
  };
  const entry: HistoryEntry = {
    organisationId: upgrade.organisationId,
    sequence: next.sequence,
    from: upgrade.state,
    to: move.to,
    at: now,
    by,
    ...(move.reason === undefined ? {} : { reason: cut(move.reason, MAX_FAILURE) }),
    ...defined({ cause: move.cause }),
  };
  return { next, entry };
}

/** A verified organisation is brought online even when it is late: that is shorter than the way back. */
function deadlineOf({ turnBackAt }: Upgrade, state: ActiveState, now: number, policy: UpgradePolicy): number {
  const end = now + limitOf(state, policy);
  return isForward(state) && state !== "goingOnline" ? Math.min(end, turnBackAt ?? end) : end;
}

function limitOf(state: ActiveState, policy: UpgradePolicy): number {
  switch (state) {
    case "verifyingPrevious":
      return policy.limitsMs.verifying;
    case "goingOnlinePrevious":
      return policy.limitsMs.goingOnline;
    case "goingOffline":
    case "creatingRestorePoint":
    case "upgrading":
    case "verifying":
    case "goingOnline":
    case "restoring":
      return policy.limitsMs[state];
  }
}
