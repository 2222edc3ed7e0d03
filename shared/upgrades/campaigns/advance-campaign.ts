// The coordinator: tells on what has happened, announces, opens rings, admits as many upgrades as there is room for,
// gives another date to those whose window went by, closes the campaign when all have ended, and wakes itself again.
// Several may run at once: whatever a round changes is written with the campaign's row, so only one of them wins.

import type { UpgradeDeps } from "../deps.ts";
import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { PermanentFailure } from "../../kernel/failures.ts";
import type { UpgradeLog } from "../signals.ts";
import { announceNext, type AnnounceDeps } from "./announce.ts";
import { closeCampaign, isOpen, hasNews, LONGEST_SLEEP_MS, pauseBecause, type Campaign } from "../core/campaign.ts";
import { isActive } from "../core/moves.ts";
import { openIn, sum } from "../core/tally.ts";
import { beginMessage, tickMessage } from "../messages.ts";
import type { Round } from "./round.ts";
import { runRound, skipRound, type RoundDeps } from "./run-round.ts";
import { countStarts, tallyUpgrades, notifyAll, type NotifyAllDeps } from "./tally-upgrades.ts";
import { startUnlessQuarantined, quarantineVersion } from "../quarantines/quarantine-version.ts";
import type { Outgoing, StoredCampaign, StoredUpgrade } from "../store/rows.ts";
import { OUTBOX_PAGE } from "../store/store.ts";
import { changesBeside, TALLIED_PER_TRANSACTION, type Change } from "../store/store-writes.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../resources.ts";

export interface CoordinatorDeps
  extends AnnounceDeps, RoundDeps, NotifyAllDeps, Pick<UpgradeDeps, "store" | "bus" | "clock" | "log" | "tickMs"> {
  /** Tells the present state of the campaign on. Doing it again changes nothing. */
  readonly notifyCampaign: (campaign: Campaign) => Promise<void>;
}

export type CampaignAdvanced =
  /** Nothing left to coordinate. */
  | { readonly kind: "closed" }
  /** `until`: when it looks again; `changed`: how many upgrades were started, moved or skipped. */
  | { readonly kind: "ticking"; readonly until: number; readonly changed: number };

/** One invocation stays well below the host's time-out. */
const RUN_LIMIT_MS = MINUTE_MS;

/**
 * Throws PermanentFailure for an unknown campaign, TransientFailure when storage or queue cannot be reached.
 * `redelivered`: an earlier run may have died between admitting and waking, so wake those again.
 */
export async function advanceCampaign(
  deps: CoordinatorDeps,
  campaignId: string,
  redelivered: boolean,
): Promise<CampaignAdvanced> {
  const started = deps.clock.now();
  let stored = await deps.store.readCampaign(campaignId);
  if (stored === undefined) throw new PermanentFailure(`There is no campaign ${campaignId}.`);
  if (redelivered) await resendWakes(deps, campaignId);
  let changed = 0;
  for (;;) {
    if (!isOpen(stored.campaign)) return { kind: "closed" };
    const done = await advanceOnce(deps, stored);
    changed += done.changed;
    stored = done.stored;
    const isLate = deps.clock.now() - started > RUN_LIMIT_MS;
    if (!done.isMore || isLate) return rest(deps, stored, changed, done.isMore ? deps.clock.now() : done.pollAt);
  }
}

interface Advance {
  readonly stored: StoredCampaign;
  readonly changed: number;
  readonly isMore: boolean;
  readonly pollAt: number;
}

async function advanceOnce(deps: CoordinatorDeps, stored: StoredCampaign): Promise<Advance> {
  const { sleepsUntil: _, ...present } = stored.campaign;
  const outbox = await deps.store.outbox(present.campaignId);
  await notifyAll(deps, present, outbox);
  if (hasNews(present)) await deps.notifyCampaign(present);
  const before = { ...tallyUpgrades(present, outbox), notifiedSequence: present.sequence };
  // A change of date that waits behind these is not counted yet: whoever started by it would be taken from where it is not.
  const isAll = outbox.length < OUTBOX_PAGE;
  const stopped = await judgeCounts(deps, before, outbox.length > 0);
  const round: Round = stopped ?? (isAll ? await next(deps, before) : { campaign: before, changes: [] });
  const pollAt = round.pollAt ?? Number.POSITIVE_INFINITY;
  const isSettled = outbox.length === 0 && !hasNews(present);
  if (isSettled && round.campaign === before && round.changes.length === 0) {
    return { stored, changed: 0, isMore: false, pollAt };
  }
  const written = await writeInParts(deps, { campaign: present, etag: stored.etag }, round, outbox);
  // Somebody else was faster: the next tick looks again.
  if (written === undefined) return { stored, changed: 0, isMore: false, pollAt: deps.clock.now() };
  return {
    stored: written,
    changed: round.changes.length,
    isMore: round.isMore === true || hasNews(round.campaign) || bringsNews(round) || !isAll,
    pollAt,
  };
}

/** Starts are told at the next tick, with what else has happened by then; dates and skips at once. */
const bringsNews = ({ changes }: Round): boolean => changes.some(({ next }) => !isActive(next.state));

/**
 * Whenever the counts change, and before anything follows from them: also for a campaign that is paused or aborted, or
 * ends with these moves. Its failures speak about the version all the same.
 */
async function judgeCounts(deps: CoordinatorDeps, campaign: Campaign, hasNew: boolean): Promise<Round | undefined> {
  const { state, pausedBecause } = campaign;
  if (!hasNew && state !== "running") return undefined;
  const reason = await quarantineVersion(deps, campaign);
  const canPause = state === "running" || state === "paused";
  if (reason === undefined || !canPause || pausedBecause === reason) return undefined;
  return { campaign: pauseBecause(campaign, reason), changes: [], isMore: true };
}

async function next(deps: CoordinatorDeps, campaign: Campaign): Promise<Round> {
  const now = deps.clock.now();
  if (openIn(sum(campaign.tallies)) === 0) {
    const closed = closeCampaign(campaign, now);
    if (closed !== undefined) return { campaign: closed, changes: [] };
  }
  switch (campaign.state) {
    case "approved":
      return announceNext(deps, campaign);
    case "announcing": {
      const first = await firstDate(deps, campaign);
      return now >= first
        ? { campaign: await startUnlessQuarantined(deps, campaign), changes: [], isMore: true }
        : { campaign, changes: [], pollAt: first };
    }
    case "running":
    case "paused":
      return runRound(deps, campaign);
    case "aborted":
      return skipRound(deps, campaign);
    case "creating":
    case "draft":
    case "completed":
      return { campaign, changes: [] };
  }
}

/** The earliest date of all: customers may have chosen one before those that were planned. 0 when nobody waits any more. */
async function firstDate({ store }: CoordinatorDeps, { campaignId, rings }: Campaign): Promise<number> {
  const firsts = await Promise.all(rings.map(({ ring }) => store.waitingIn(campaignId, ring, 1)));
  const starts = firsts.flat().map(({ start }) => start);
  return starts.length === 0 ? 0 : Math.min(...starts);
}

/** One transaction of a round. */
interface Part {
  readonly settled: readonly Outgoing[];
  readonly changes: readonly Change[];
}

/** The told moves first, so that their places are free; the changes fill up the last of their transactions, and then more. */
function partsOf(changes: readonly Change[], outbox: readonly Outgoing[]): readonly Part[] {
  const parts: Part[] = [];
  for (let start = 0; start < outbox.length; start += TALLIED_PER_TRANSACTION) {
    parts.push({ settled: outbox.slice(start, start + TALLIED_PER_TRANSACTION), changes: [] });
  }
  const last = parts.pop() ?? { settled: [], changes: [] };
  let taken = changesBeside(last.settled.length);
  parts.push({ ...last, changes: changes.slice(0, taken) });
  for (; taken < changes.length; taken += changesBeside(0)) {
    parts.push({ settled: [], changes: changes.slice(taken, taken + changesBeside(0)) });
  }
  return parts;
}

/**
 * Each part with the campaign as it is after it; whatever else the round changes of the campaign goes with the last one.
 * Undefined when somebody else was faster: what was written until then stands.
 */
async function writeInParts(
  deps: CoordinatorDeps,
  from: StoredCampaign,
  round: Round,
  outbox: readonly Outgoing[],
): Promise<StoredCampaign | undefined> {
  const parts = partsOf(round.changes, outbox);
  const started: StoredUpgrade[] = [];
  let stored: StoredCampaign | undefined = from;
  for (const [position, { settled, changes }] of parts.entries()) {
    const { tallies } = countStarts(tallyUpgrades(stored.campaign, settled), changes);
    const isLast = position === parts.length - 1;
    const campaign: Campaign = { ...(isLast ? round.campaign : stored.campaign), tallies };
    const done = await deps.store.commit({ campaign, etag: stored.etag }, changes, settled);
    if (done.kind === "conflict") {
      stored = undefined;
      break;
    }
    const [etag = "", ...etags] = done.etags;
    stored = { campaign, etag };
    started.push(...startedBy(changes, etags));
  }
  if (started.length > 0) await deps.bus.send(UPGRADE_QUEUE, started.map(beginMessage));
  if (stored === undefined) return undefined;
  const { campaignId, sequence, endedAt } = stored.campaign;
  if (round.changes.length > 0) deps.log.event("campaign.changed", { campaignId, upgrades: round.changes.length });
  if (sequence !== from.campaign.sequence || endedAt !== from.campaign.endedAt)
    logMove(deps.log, from.campaign, stored.campaign);
  return stored;
}

function logMove(log: UpgradeLog, from: Campaign, { campaignId, state, pausedBecause, endedAt }: Campaign): void {
  if (endedAt !== undefined) log.event("campaign.closed", { campaignId, state });
  const fields = { campaignId, from: from.state, to: state };
  if (pausedBecause === undefined || state !== "paused") log.event("campaign.moved", fields);
  else log.event("campaign.paused", { ...fields, reason: pausedBecause });
}

const startedBy = (changes: readonly Change[], etags: readonly string[]): readonly StoredUpgrade[] =>
  changes.flatMap(({ next }, position) =>
    isActive(next.state) ? [{ upgrade: next, etag: etags[position] ?? "" }] : [],
  );

/** Dropped by the queue where the first one did arrive; what slips through even so, the reconciler finds. */
async function resendWakes(deps: CoordinatorDeps, campaignId: string): Promise<void> {
  const active = await deps.store.activeUpgrades(campaignId);
  const started = active.filter(({ upgrade }) => upgrade.state === "goingOffline");
  if (started.length > 0) await deps.bus.send(UPGRADE_QUEUE, started.map(beginMessage));
}

/** Wakes itself: at the next tick while something is under way, else when something will be due. */
async function rest(
  deps: CoordinatorDeps,
  stored: StoredCampaign,
  changed: number,
  pollAt: number,
): Promise<CampaignAdvanced> {
  const { campaign, etag } = stored;
  if (!isOpen(campaign)) return { kind: "closed" };
  const now = deps.clock.now();
  const soon = now + deps.tickMs;
  const isBusy = sum(campaign.tallies).underWay > 0;
  const until = isBusy
    ? soon
    : Math.max(soon, Math.min(pollAt, (Math.floor(now / LONGEST_SLEEP_MS) + 1) * LONGEST_SLEEP_MS));
  // The reconciler leaves a sleeping campaign alone; a lost race means that somebody has changed it, and woken it.
  if (until > soon && campaign.sleepsUntil !== until)
    await deps.store.replaceCampaign({ ...campaign, sleepsUntil: until }, etag);
  await deps.bus.send(CAMPAIGN_QUEUE, [tickMessage(campaign, until, deps.tickMs)]);
  return { kind: "ticking", until, changed };
}
