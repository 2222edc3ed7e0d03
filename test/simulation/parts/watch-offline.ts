// I15: nobody is offline in silence. What fails for good is told within a minute, and so is whatever is not known when a
// deadline has passed.

import type { Surroundings } from "./surroundings.ts";
import { keyOf, type UpgradeRow } from "./watch-rows.ts";
import { isInFlight, type Break } from "./watch-states.ts";

interface Ports {
  readonly now: () => number;
  readonly surroundings: Pick<Surroundings, "incidents">;
  readonly upgrades: ReadonlyMap<string, UpgradeRow>;
}

const MINUTE = 60_000;
const TELLS_OF_A_FAILURE: ReadonlySet<string> = new Set(["messageDeadLettered", "upgradeStepBroken"]);

export function createOfflineWatch({ now, surroundings, upgrades }: Ports, breakIt: Break) {
  /** Session of a message -> when its handling first failed for good, and has not succeeded since. */
  const failing = new Map<string, number>();
  const isTold = (session: string): boolean =>
    [...surroundings.incidents.values()].some(
      ({ kind, subject }) =>
        TELLS_OF_A_FAILURE.has(kind) && (subject.organisationId === session || subject.campaignId === session),
    );
  return {
    /** A call in the handling of a message was refused for ever. */
    refused(session: string): void {
      if (!failing.has(session)) failing.set(session, now());
    },
    handled: (session: string): void => void failing.delete(session),
    checkFailures(): void {
      for (const [session, since] of failing) {
        if (now() <= since + MINUTE) continue;
        failing.delete(session);
        if (!isTold(session))
          breakIt("I15", `messages of ${session} fail for good since a minute, and nobody was told`);
      }
    },
    /** `before`: whose deadline lies before that, in milliseconds since the epoch, must be told by now. */
    checkDeadlines(before: number): void {
      for (const row of upgrades.values()) {
        const { campaignId, organisationId, sequence, state, deadline, enteredAt } = row;
        if (!isInFlight(state) || deadline === undefined || deadline >= before || enteredAt >= before) continue;
        if (
          isTold(organisationId) ||
          surroundings.incidents.has(`upgrade:${campaignId}:${organisationId}:${sequence}:stuck`)
        )
          continue;
        breakIt("I15", `${keyOf(row)} is ${state} past its deadline, and nobody was told`);
      }
    },
  };
}
