// Who may start now: pure. The coordinator writes the outcome in one transaction with the campaign's row, so of two
// coordinators that decided on the same picture only one wins; a step that ends in between only lowers the number in
// flight. Hence: never more than `maxInFlight` at once.

import type { Campaign } from "./campaign.ts";
import { isActive, isTerminal } from "./moves.ts";
import type { Upgrade } from "./upgrade.ts";

export interface Admission<T extends { readonly upgrade: Upgrade }> {
  readonly admit: readonly T[];
  /** To be skipped, because the campaign was aborted. */
  readonly skip: readonly T[];
  /** Every upgrade has ended. */
  readonly allEnded: boolean;
}

/** `batch` bounds how many are changed at once (the entity group transaction has a limit). */
export function decideAdmission<T extends { readonly upgrade: Upgrade }>(
  campaign: Campaign,
  rows: readonly T[],
  batch: number,
): Admission<T> {
  const allEnded = rows.every((row) => isTerminal(row.upgrade.state));
  const waiting = rows.filter((row) => row.upgrade.state === "scheduled");
  if (campaign.state === "aborted") return { admit: [], skip: waiting.slice(0, batch), allEnded };
  if (campaign.state !== "running") return { admit: [], skip: [], allEnded };
  const inFlight = rows.filter((row) => isActive(row.upgrade.state) || row.upgrade.state === "needsHuman").length;
  const room = Math.max(0, campaign.maxInFlight - inFlight);
  const admit = waiting.toSorted(byRing).slice(0, Math.min(room, batch));
  return { admit, skip: [], allEnded };
}

const RING_ORDER = ["canary", "early", "broad"];

const rank = (ring: string): number => {
  const index = RING_ORDER.indexOf(ring);
  return index === -1 ? RING_ORDER.length : index;
};

function byRing(a: { readonly upgrade: Upgrade }, b: { readonly upgrade: Upgrade }): number {
  const difference = rank(a.upgrade.ring) - rank(b.upgrade.ring);
  if (difference !== 0) return difference;
  return a.upgrade.organisationId < b.upgrade.organisationId ? -1 : 1;
}
