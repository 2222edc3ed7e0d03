// Who may start now: pure. The coordinator writes the outcome in one transaction with the campaign's row, which it read
// before the upgrades; so of two coordinators that decided on the same picture only one wins. Between reading and writing
// an upgrade can only end, or turn from under way into failed: `failed + under way` never rises but by admission. Hence:
//   I2 never more than `maxInFlight` under way at once;
//   I3 never more than `failureBudget` failed or under way: so many organisations a bad release can hit at the most.

import type { Campaign } from "./campaign.ts";
import { isActive, type UpgradeState } from "./moves.ts";
import type { Upgrade } from "./upgrade.ts";

/** The upgrades of a campaign: those that have not ended, and how many are in each state. */
export interface Survey<T extends { readonly upgrade: Upgrade }> {
  readonly open: readonly T[];
  readonly counts: Readonly<Partial<Record<UpgradeState, number>>>;
}

export interface Admission<T extends { readonly upgrade: Upgrade }> {
  readonly admit: readonly T[];
  /** To be skipped, because the campaign was aborted. */
  readonly skip: readonly T[];
  /** Every upgrade has ended. */
  readonly allEnded: boolean;
  /** The failure budget is used up while upgrades wait: somebody must look before any further one starts. */
  readonly isExhausted: boolean;
}

/** `batch` bounds how many are changed at once (the entity group transaction has a limit). */
export function decideAdmission<T extends { readonly upgrade: Upgrade }>(
  campaign: Campaign,
  { open, counts }: Survey<T>,
  batch: number,
): Admission<T> {
  const allEnded = open.length === 0;
  const waiting = open.filter((row) => row.upgrade.state === "scheduled");
  const nothing = { admit: [], skip: [], allEnded, isExhausted: false };
  if (campaign.state === "aborted") return { ...nothing, skip: waiting.slice(0, batch) };
  if (campaign.state !== "running") return nothing;
  const underWay = open.filter((row) => isActive(row.upgrade.state)).length;
  const stuck = counts.needsHuman ?? 0;
  const failed = (counts.rolledBack ?? 0) + stuck;
  const room = Math.min(campaign.maxInFlight - underWay - stuck, campaign.failureBudget - failed - underWay, batch);
  return {
    ...nothing,
    admit: waiting.toSorted(byRing).slice(0, Math.max(0, room)),
    isExhausted: waiting.length > 0 && failed >= campaign.failureBudget,
  };
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
