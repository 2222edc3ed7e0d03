// Moves one upgrade as far as it goes now: load, do the step, decide, save, and again. A step that ends at once costs no
// queue hop; a long one is looked at again by a scheduled message. Safe to run twice at any point: the step's operation
// id comes from the state, the save is conditional, the wake-up's id is deterministic.

import type { UpgradeDeps } from "../deps.ts";
import { defined } from "../../kernel/defined.ts";
import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { describeFailure, PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import type { UpgradeLog } from "../signals.ts";
import { decide, type UpgradeEvent } from "../core/decide.ts";
import { isActive, type UpgradeState } from "../core/moves.ts";
import { hasOverrun, nextPoll, stepOf } from "../core/step.ts";
import type { HistoryEntry, Upgrade } from "../core/upgrade.ts";
import { broken, needsHuman, raiseOrLog, stuck } from "./incidents-of.ts";
import { sentence } from "./phrases.ts";
import { pollMessage, type Wake } from "../messages.ts";
import type { PerformStep, StepEvent, StepOutcome } from "./perform-step.ts";
import type { StoredUpgrade } from "../store/rows.ts";
import { UPGRADE_QUEUE } from "../resources.ts";

export interface AdvanceDeps extends Pick<UpgradeDeps, "store" | "bus" | "clock" | "log" | "policy" | "raiseIncident"> {
  readonly perform: PerformStep;
}

export type Advanced =
  /** Nothing to do until somebody decides: ended, scheduled or needsHuman. */
  | { readonly kind: "resting"; readonly state: UpgradeState }
  /** A wake-up is scheduled. */
  | { readonly kind: "waiting"; readonly state: UpgradeState; readonly until: number };

/** One invocation stays well below the host's time-out and the longest lock renewal. */
const RUN_LIMIT_MS = 4 * MINUTE_MS;

const BY = "worker:upgrade-steps";

/**
 * Throws PermanentFailure for an upgrade that does not exist, TransientFailure when storage or queue cannot be reached, or
 * when it cannot be found out how an organisation is (the caller has the message delivered again). A step that fails for
 * good by our own doing is turned back.
 */
export async function advanceUpgrade(deps: AdvanceDeps, wake: Wake, firstDelivery: boolean): Promise<Advanced> {
  const started = deps.clock.now();
  let begun = wake.poll;
  let draft = unmoved(firstDelivery && wake.snapshot !== undefined ? wake.snapshot : await load(deps.store, wake));
  for (;;) {
    const { upgrade } = draft;
    if (!isActive(upgrade.state)) return rest(deps, upgrade);
    let done: Done;
    try {
      done = await advanceOnce(deps, draft, begun);
    } catch (error) {
      if (error instanceof TransientFailure) throw error;
      draft = unmoved(await turnBack(deps, wake, error));
      begun = false;
      continue;
    }
    if (done.kind === "wait") return wait(deps, done.upgrade, done.retryAfterMs);
    begun = done.kind === "conflict";
    draft = done.kind === "conflict" ? unmoved(await load(deps.store, wake)) : done.draft;
    if (done.kind === "saved" && deps.clock.now() - started > RUN_LIMIT_MS) return wait(deps, draft.upgrade, 0);
  }
}

type Done =
  | { readonly kind: "saved" | "kept"; readonly draft: Draft }
  /** Somebody else moved it on, so it must be looked at afresh. */
  | { readonly kind: "conflict" }
  | { readonly kind: "wait"; readonly upgrade: Upgrade; readonly retryAfterMs: number };

async function advanceOnce(deps: AdvanceDeps, draft: Draft, begun: boolean): Promise<Done> {
  const event = await attemptStep(deps, draft.upgrade, begun);
  const moved = event.kind === "wait" ? draft : move(deps, draft, event);
  if (isSavedWithNext(draft.upgrade, event)) return { kind: "kept", draft: moved };
  const saved = await save(deps, moved);
  if (saved === undefined) return { kind: "conflict" };
  if (event.kind === "wait") return { kind: "wait", upgrade: saved.upgrade, retryAfterMs: event.retryAfterMs };
  return { kind: "saved", draft: unmoved(saved) };
}

/**
 * Our own store or code has failed for good: a row that it refuses, a defect. The organisation must not wait offline for
 * that, so support is told, and on the way forward the upgrade turns back by a row that carries nothing of what has failed.
 * Throws the failure where that is not possible: the message comes again, and its last delivery is told as well.
 */
async function turnBack(deps: AdvanceDeps, wake: Wake, failure: unknown): Promise<StoredUpgrade> {
  const stored = await deps.store.readUpgrade(wake.campaignId, wake.organisationId);
  if (stored === undefined || !isActive(stored.upgrade.state)) throw failure;
  const decision = decide(
    stored.upgrade,
    { kind: "ownFailure" },
    { now: deps.clock.now(), by: BY, policy: deps.policy },
  );
  await raiseOrLog(deps, broken(stored.upgrade, failure, decision.ok));
  if (!decision.ok) throw failure;
  const { next, entry } = decision.value;
  const saved = await save(deps, { stored, upgrade: next, entries: [entry] });
  if (saved === undefined) throw failure;
  return saved;
}

/** The row as it is stored, and what this run has made of it. */
interface Draft {
  readonly stored: StoredUpgrade;
  readonly upgrade: Upgrade;
  readonly entries: readonly HistoryEntry[];
}

const unmoved = (stored: StoredUpgrade): Draft => ({ stored, upgrade: stored.upgrade, entries: [] });

/**
 * Having gone offline at once is saved together with the restore point, which saves a transaction per upgrade. Both are
 * answered again under their operation ids after a crash in between, and neither changes the organisation's data. Every
 * later step is saved before the next begins: what follows relies on its outcome (the restore point's id, a passed
 * verification).
 */
const isSavedWithNext = (upgrade: Upgrade, event: Attempt): boolean =>
  upgrade.state === "goingOffline" && event.kind === "stepDone";

async function load(store: AdvanceDeps["store"], wake: Wake): Promise<StoredUpgrade> {
  const stored = await store.readUpgrade(wake.campaignId, wake.organisationId);
  if (stored === undefined) {
    throw new PermanentFailure(`Campaign ${wake.campaignId} has no upgrade of organisation ${wake.organisationId}.`);
  }
  return stored;
}

type Attempt = UpgradeEvent | { readonly kind: "wait"; readonly retryAfterMs: number };

async function attemptStep(deps: AdvanceDeps, upgrade: Upgrade, begun: boolean): Promise<Attempt> {
  const pause = pauseBeforeRetry(deps, upgrade);
  if (pause > 0) return { kind: "wait", retryAfterMs: pause };
  if (isTooLateToGoOffline(upgrade, deps.clock.now())) {
    return deps.perform.overrun(upgrade, stepOf(upgrade), "there is no time left to upgrade and to turn back");
  }
  const outcome = await performed(deps, upgrade, begun);
  if (outcome.kind !== "running") return outcome;
  if (!hasOverrun(upgrade, deps.clock.now())) return { kind: "wait", retryAfterMs: outcome.retryAfterMs };
  return overrun(deps, upgrade, outcome.detail);
}

/** What cannot be found out now is asked again, but only until the deadline. */
async function performed(deps: AdvanceDeps, upgrade: Upgrade, begun: boolean): Promise<StepOutcome> {
  try {
    return await deps.perform(upgrade, stepOf(upgrade), begun);
  } catch (error) {
    if (!(error instanceof TransientFailure)) throw error;
    return { kind: "running", retryAfterMs: error.retryAfterMs ?? 0, detail: describeFailure(error) };
  }
}

/** Whatever cannot be found out when the deadline has passed is told at once, and tried on. */
async function overrun(deps: AdvanceDeps, upgrade: Upgrade, detail: string): Promise<StepEvent> {
  try {
    return await deps.perform.overrun(upgrade, stepOf(upgrade), detail);
  } catch (error) {
    if (error instanceof TransientFailure) {
      const tried =
        `The last that is known of the step: ${sentence(detail)} ` +
        `The control plane was asked how the organisation is, in vain: ${sentence(describeFailure(error))}`;
      await raiseOrLog(deps, stuck(upgrade, tried));
    }
    throw error;
  }
}

/** After an outage of this app its turn comes late, perhaps when the window is over: then nobody is taken offline any more. */
const isTooLateToGoOffline = ({ state, turnBackAt }: Upgrade, now: number): boolean =>
  state === "goingOffline" && turnBackAt !== undefined && now >= turnBackAt;

/** A second verification waits a little, so that one short disturbance does not fail both. */
function pauseBeforeRetry({ clock, policy }: AdvanceDeps, upgrade: Upgrade): number {
  if (upgrade.attempt === 1) return 0;
  // Entered in the future: some clock was wrong. The pause is not longer for it.
  return Math.min(upgrade.enteredAt + policy.verifyPauseMs - clock.now(), policy.verifyPauseMs);
}

function move(deps: AdvanceDeps, draft: Draft, event: UpgradeEvent): Draft {
  const decision = decide(draft.upgrade, event, { now: deps.clock.now(), by: BY, policy: deps.policy });
  if (!decision.ok) {
    throw new PermanentFailure(
      `An upgrade that is ${decision.error.state} cannot take the event ${decision.error.event}.`,
    );
  }
  const { next, entry } = decision.value;
  return { stored: draft.stored, upgrade: next, entries: [...draft.entries, entry] };
}

/** Undefined when somebody else has changed the row. */
async function save(deps: AdvanceDeps, { stored, upgrade, entries }: Draft): Promise<StoredUpgrade | undefined> {
  if (entries.length === 0) return stored;
  const written = await deps.store.save({ stored, next: upgrade, entries });
  if (written.kind === "conflict") return undefined;
  let since = stored.upgrade.enteredAt;
  for (const entry of entries) {
    logMove(deps.log, upgrade, entry, entry.at - since);
    since = entry.at;
  }
  return { upgrade, etag: written.etag };
}

/** `phaseMs`: how long it was in the state that it has left. */
function logMove(log: UpgradeLog, upgrade: Upgrade, { from, to, reason }: HistoryEntry, phaseMs: number): void {
  const { campaignId, organisationId, offlineFrom, onlineAgainAt } = upgrade;
  const isEnd = to === "succeeded" || to === "rolledBack";
  log.event("upgrade.moved", {
    campaignId,
    organisationId,
    from,
    to,
    phaseMs,
    ...(isEnd && offlineFrom !== undefined && onlineAgainAt !== undefined
      ? { offlineMs: onlineAgainAt - offlineFrom }
      : {}),
    ...defined({ reason }),
  });
}

async function rest(deps: AdvanceDeps, upgrade: Upgrade): Promise<Advanced> {
  if (upgrade.state === "needsHuman") {
    // Also after a redelivery: the process may have died between the save and this line. The coordinator tells it too, but
    // nobody is to wait for it.
    await raiseOrLog(deps, needsHuman(upgrade, upgrade.sequence, upgrade.failure ?? "unknown"));
    deps.log.event("upgrade.needsHuman", {
      campaignId: upgrade.campaignId,
      organisationId: upgrade.organisationId,
      failure: upgrade.failure ?? "unknown",
    });
  }
  return { kind: "resting", state: upgrade.state };
}

async function wait(deps: AdvanceDeps, upgrade: Upgrade, retryAfterMs: number): Promise<Advanced> {
  const poll = nextPoll(upgrade, deps.clock.now(), retryAfterMs, deps.policy);
  await deps.bus.send(UPGRADE_QUEUE, [pollMessage(upgrade, poll)]);
  // The heartbeat of a long phase: an upgrade whose log falls silent before its deadline is one whose wake-ups were lost.
  const { campaignId, organisationId, state } = upgrade;
  const sinceMs = deps.clock.now() - upgrade.enteredAt;
  deps.log.event("upgrade.waiting", {
    campaignId,
    organisationId,
    state,
    sinceMs,
    nextPollMs: poll.at - deps.clock.now(),
  });
  return { kind: "waiting", state: upgrade.state, until: poll.at };
}
