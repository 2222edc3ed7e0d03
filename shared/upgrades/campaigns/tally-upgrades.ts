// Empties the outbox: tells every move to whom it concerns, and counts it. The caller removes the told moves in the
// transaction that saves the counted campaign; dying before it only tells them again, under the same ids.

import type { UpgradeDeps } from "../deps.ts";
import { describeFailure, TransientFailure } from "../../kernel/failures.ts";
import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import type { Campaign } from "../core/campaign.ts";
import { isMeasure, type Finished } from "../core/estimates.ts";
import { moved, placeOf, type Place } from "../core/tally.ts";
import { isActive } from "../core/moves.ts";
import { isCountedAtOnce, type OutboxEntry } from "../core/outbox.ts";
import { notNotified, raiseOrLog } from "../upgrade/incidents-of.ts";
import type { Change } from "../store/store-writes.ts";

/** Tells one move on: notices, incidents, webhooks. Doing it again changes nothing. */
export type Notify = (move: OutboxEntry, campaign: Campaign) => Promise<void>;

export interface NotifyAllDeps extends Pick<UpgradeDeps, "log" | "raiseIncident"> {
  readonly notify: Notify;
  /** Learning the same upgrade twice changes nothing. */
  readonly learn: (finished: readonly Finished[]) => Promise<unknown>;
}

const AT_ONCE = 10;

/** Throws TransientFailure when something cannot be reached now. What can never be told must not hold up the others. */
export async function notifyAll(
  deps: NotifyAllDeps,
  campaign: Campaign,
  outbox: readonly OutboxEntry[],
): Promise<void> {
  const finished = outbox.flatMap(finishedBy);
  if (finished.length > 0) await deps.learn(finished);
  await mapConcurrently(outbox, AT_ONCE, async (move) => {
    try {
      await deps.notify(move, campaign);
    } catch (error) {
      if (error instanceof TransientFailure) throw error;
      const { organisationId, from, to, sequence } = move.entry;
      deps.log.event("upgrade.notNotified", {
        campaignId: campaign.campaignId,
        organisationId,
        move: `${from} -> ${to}`,
        reason: describeFailure(error),
      });
      await raiseOrLog(deps, notNotified(move.upgrade, sequence, `Its move from ${from} to ${to}`, error));
    }
  });
}

/** What a move that ended an upgrade teaches about the next ones; nothing where a human needed more than a week. */
function finishedBy({ entry, upgrade }: OutboxEntry): readonly Finished[] {
  const { campaignId, organisationId, offlineFrom, onlineAgainAt: at, rollBackFrom } = upgrade;
  if (at === undefined || offlineFrom === undefined) return [];
  const [upgradeMs, rollBackMs] = [at - offlineFrom, at - (rollBackFrom ?? at)];
  if (entry.to === "succeeded") return isMeasure(upgradeMs) ? [{ campaignId, organisationId, at, upgradeMs }] : [];
  if (entry.to !== "rolledBack" || rollBackFrom === undefined || !isMeasure(rollBackMs)) return [];
  return [{ campaignId, organisationId, at, rollBackMs }];
}

/** The campaign with these moves counted, in the order of the outbox: that of each organisation's moves. */
export function tallyUpgrades(campaign: Campaign, outbox: readonly OutboxEntry[]): Campaign {
  if (outbox.length === 0) return campaign;
  let { tallies } = campaign;
  for (const { entry, upgrade } of outbox) {
    if (isCountedAtOnce(entry)) continue;
    tallies = moved(tallies, upgrade, placeBefore(entry, upgrade), placeOf({ ...upgrade, state: entry.to }), entry.at);
  }
  return { ...campaign, tallies };
}

/** Where the move came from. A first new date takes a waiting upgrade out of its ring's way. */
function placeBefore({ from, to }: OutboxEntry["entry"], { appointment }: OutboxEntry["upgrade"]): Place {
  if (from !== "scheduled" || appointment === undefined) return placeOf({ state: from });
  const revision = to === "scheduled" ? appointment.revision - 1 : appointment.revision;
  return placeOf({ state: from, appointment: { ...appointment, revision } });
}

/** The campaign with these starts counted: in the transaction that makes them, so that the next admission sees them. */
export function countStarts(campaign: Campaign, changes: readonly Change[]): Campaign {
  let { tallies } = campaign;
  for (const { stored, next } of changes) {
    if (stored.upgrade.state === "scheduled" && isActive(next.state))
      tallies = moved(tallies, next, placeOf(stored.upgrade), "underWay", next.enteredAt);
  }
  return tallies === campaign.tallies ? campaign : { ...campaign, tallies };
}
