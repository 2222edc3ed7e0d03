// One round of a running (or paused) campaign: is there room left, may the next ring open, who starts now, whose
// window went by. Reads what it needs, decides by the rules of core/, and returns what is to be written.

import type { UpgradeDeps } from "../deps.ts";
import { defined } from "../../kernel/defined.ts";
import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { PermanentFailure } from "../../kernel/failures.ts";
import { freezesFor } from "../../kernel/time/freeze.ts";
import type { Round } from "./round.ts";
import { exhaustedBudget, roomIn, type Room } from "../core/admission.ts";
import { isAnnounced, movedByTimeZone } from "../core/appointment.ts";
import { pauseBecause, type Campaign } from "../core/campaign.ts";
import { decide, type UpgradeEvent } from "../core/decide.ts";
import { dueOf, type Due, type Need } from "../core/due.ts";
import { gateStep, judge, type Verdict } from "../core/gate.ts";
import { moved, placeOf, type Place, type Tally } from "../core/tally.ts";
import type { Upgrade } from "../core/upgrade.ts";
import { changeDate, type ChangeDateDeps } from "../dates/change-date.ts";
import type { PreflightCheck } from "../upgrade/preflight.ts";
import type { StoredUpgrade, Waiting } from "../store/rows.ts";
import { changeBy, type Change } from "../store/store-writes.ts";

export interface RoundDeps
  extends ChangeDateDeps, Pick<UpgradeDeps, "store" | "clock" | "log" | "policy" | "acceptedNotices"> {
  /** Begins a look: whether upgrades that are due may really take their organisations offline. */
  readonly preflight: () => PreflightCheck;
  /** How the organisations upgraded so far in these rings are. */
  readonly verdicts: (campaign: Campaign, rings: readonly string[]) => Promise<readonly Verdict[]>;
  /** How long an inconclusive verdict may hold a ring, in milliseconds. */
  readonly gateLimitMs: number;
}

const BY = "worker:campaign-ticks";
/** Candidates read per ring and round. */
const CANDIDATES = 200;
/** Changes per round: some transactions. */
const MOST_CHANGES = 100;
/** A gate that is held is judged again after this. */
const GATE_PAUSE_MS = MINUTE_MS;

export async function runRound(deps: RoundDeps, campaign: Campaign): Promise<Round> {
  if (campaign.state === "running") {
    const reason = exhaustedBudget(campaign);
    if (reason !== undefined) return { campaign: pauseBecause(campaign, reason), changes: [], isMore: true };
    const gated = await passGate(deps, campaign);
    if (gated.campaign !== campaign) return gated;
    const round = await takeDue(deps, campaign);
    return { ...round, pollAt: Math.min(round.pollAt ?? Infinity, gated.pollAt ?? Infinity) };
  }
  return takeDue(deps, campaign);
}

/** An aborted campaign: nobody who still waits is upgraded. */
export async function skipRound(deps: RoundDeps, campaign: Campaign): Promise<Round> {
  const changes: Change[] = [];
  for (const { ring } of campaign.rings) {
    for (const waiting of await deps.store.waitingIn(campaign.campaignId, ring, MOST_CHANGES)) {
      if (changes.length === MOST_CHANGES) break;
      const stored = await load(deps, campaign, waiting);
      if (stored === undefined) continue;
      changes.push(changeOf(deps, stored, waiting, { kind: "skipRequested", reason: "the campaign was aborted" }));
    }
  }
  return { campaign, changes, isMore: changes.length > 0 };
}

async function passGate(deps: RoundDeps, campaign: Campaign): Promise<Round> {
  const now = deps.clock.now();
  const step = gateStep(campaign, now);
  switch (step.kind) {
    case "closed":
      return { campaign, changes: [], ...defined({ pollAt: step.pollAt }) };
    case "open":
      return open(campaign);
    case "pause":
      return { campaign: pauseBecause(campaign, step.reason), changes: [], isMore: true };
    case "ask": {
      const decision = judge(campaign, await deps.verdicts(campaign, step.rings), now, deps.gateLimitMs);
      if (decision.kind === "open") return open(campaign);
      if (decision.kind === "pause")
        return { campaign: pauseBecause(campaign, decision.reason), changes: [], isMore: true };
      const held = campaign.heldSince === decision.since ? campaign : { ...campaign, heldSince: decision.since };
      return { campaign: held, changes: [], pollAt: now + GATE_PAUSE_MS };
    }
  }
}

function open(campaign: Campaign): Round {
  const { heldSince: _, ...rest } = campaign;
  return { campaign: { ...rest, openRings: campaign.openRings + 1 }, changes: [], isMore: true };
}

interface Taken {
  readonly preflight: PreflightCheck;
  /** As they will be when everything taken so far is written. */
  tallies: readonly Tally[];
  readonly changes: Change[];
  pollAt: number;
  /** Those that wait to be checked. */
  checking: number;
}

async function takeDue(deps: RoundDeps, campaign: Campaign): Promise<Round> {
  const room = campaign.state === "running" ? roomIn(campaign) : undefined;
  // A hotfix has no dates that could pass: without room there is nothing to see.
  if (campaign.kind === "hotfix" && (room === undefined || room.isFull())) return { campaign, changes: [] };
  const surroundings = await surroundingsOf(deps, campaign);
  const taken: Taken = {
    preflight: deps.preflight(),
    tallies: campaign.tallies,
    changes: [],
    pollAt: Infinity,
    checking: 0,
  };
  // Dates of rings that are not open yet pass as well.
  for (const [position, { ring }] of campaign.rings.entries()) {
    if (campaign.kind === "hotfix" && position >= campaign.openRings) break;
    const isRingOpen = position < campaign.openRings;
    for (const waiting of await deps.store.waitingIn(campaign.campaignId, ring, CANDIDATES)) {
      if (taken.changes.length >= MOST_CHANGES) return { ...taken, campaign, isMore: true };
      const stored = await load(deps, campaign, waiting);
      if (stored === undefined) continue;
      const due = dueOf(stored.upgrade, {
        ...surroundings,
        freezes: freezesFor(surroundings.freezes, stored.upgrade),
        policy: deps.policy,
      });
      if (due.kind === "wait") {
        // The queue is in the order of dates: nobody behind is due.
        taken.pollAt = Math.min(taken.pollAt, due.until);
        break;
      }
      const isFull = room === undefined || room.isFull() || taken.checking >= campaign.maxInFlight;
      if (due.kind === "start" && (!isRingOpen || isFull)) {
        // It keeps its chance until its window is nearly over; then it is seen here as missed.
        taken.pollAt = Math.min(taken.pollAt, lastChance(stored.upgrade, surroundings.need));
        if (campaign.kind === "hotfix") break;
        continue;
      }
      await take(deps, taken, { campaign, stored, waiting, due, room });
    }
  }
  return { ...taken, campaign };
}

const lastChance = ({ appointment }: Upgrade, { upgradeMs, rollBackMs }: Need): number =>
  appointment === undefined ? Infinity : appointment.end - upgradeMs - rollBackMs + 1;

interface Candidate {
  readonly campaign: Campaign;
  readonly stored: StoredUpgrade;
  readonly waiting: Waiting;
  readonly due: Exclude<Due, { kind: "wait" }>;
  /** Undefined where nobody may start. */
  readonly room: Room | undefined;
}

async function take(deps: RoundDeps, taken: Taken, candidate: Candidate): Promise<void> {
  const { campaign, stored, waiting, due, room } = candidate;
  const { upgrade } = stored;
  const { appointment } = upgrade;
  if (due.kind === "moved" && appointment !== undefined) {
    const next = movedByTimeZone(appointment, due.start, due.end);
    const reason = `the clock rules of ${appointment.zone} have changed`;
    taken.changes.push(changeOf(deps, stored, waiting, { kind: "appointed", appointment: next, reason }));
  } else if (due.kind === "start") {
    if (appointment !== undefined && !isAnnounced(appointment, await deps.acceptedNotices(upgrade))) {
      taken.changes.push(
        await changeDateOf(deps, stored, waiting, "nobody at the customer was told four weeks before"),
      );
      return;
    }
    const from = placeOf(upgrade);
    // Its date was changed a moment ago, which is not counted yet: it starts in the next round.
    if (countOf(taken.tallies, upgrade, from) === 0) {
      taken.pollAt = deps.clock.now();
      return;
    }
    if (room?.has(upgrade) !== true) return;
    const look = await taken.preflight(upgrade, campaign);
    if (look.kind === "wait") {
      if (look.isChecking === true) taken.checking += 1;
      taken.pollAt = Math.min(taken.pollAt, look.until);
      return;
    }
    if (look.kind === "skip") {
      const { reason, cause } = look;
      taken.changes.push(changeOf(deps, stored, waiting, { kind: "skipRequested", reason, cause }));
      return;
    }
    if (!room.take(upgrade)) return;
    taken.changes.push(
      changeOf(deps, stored, waiting, {
        ...due,
        kind: "admitted",
        announcedEnd: look.announcedEnd,
        reason: look.remark,
      }),
    );
    taken.tallies = moved(taken.tallies, upgrade, from, "underWay", deps.clock.now());
  } else if (due.kind === "missed") {
    taken.changes.push(await changeDateOf(deps, stored, waiting, due.reason));
  }
}

const countOf = (tallies: readonly Tally[], { ring, stamp }: Upgrade, place: Place): number =>
  tallies.find((tally) => tally.ring === ring && tally.stamp === stamp)?.counts[place] ?? 0;

async function changeDateOf(deps: RoundDeps, stored: StoredUpgrade, waiting: Waiting, reason: string): Promise<Change> {
  return changeOf(deps, stored, waiting, await changeDate(deps, stored.upgrade, reason));
}

function changeOf(deps: RoundDeps, stored: StoredUpgrade, waiting: Waiting, event: UpgradeEvent): Change {
  const decision = decide(stored.upgrade, event, { now: deps.clock.now(), by: BY, policy: deps.policy });
  if (!decision.ok) throw new PermanentFailure(`The coordinator chose an upgrade that is ${decision.error.state}.`);
  return changeBy(stored, decision.value, waiting);
}

/** The upgrade at this place of the queue; undefined when it has just left it. */
async function load(deps: RoundDeps, campaign: Campaign, waiting: Waiting): Promise<StoredUpgrade | undefined> {
  if (waiting.hint !== undefined) return waiting.hint;
  const stored = await deps.store.readUpgrade(campaign.campaignId, waiting.organisationId);
  return stored?.upgrade.state === "scheduled" ? stored : undefined;
}

async function surroundingsOf(deps: RoundDeps, campaign: Campaign) {
  const [freezes, need] = await Promise.all([campaign.kind === "hotfix" ? [] : deps.freezes(), deps.need()]);
  return { now: deps.clock.now(), freezes, need };
}
