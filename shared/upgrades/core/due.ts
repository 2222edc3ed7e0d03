// Whether a waiting upgrade may start now, must wait, or needs another date. Pure; room and evidence come after it.

import { isFrozen, type Freeze } from "../../kernel/time/freeze.ts";
import { fits } from "../../kernel/time/opportunity.ts";
import { recheck } from "../../kernel/time/recheck.ts";
import type { Appointment } from "./appointment.ts";
import type { Upgrade, UpgradePolicy } from "./upgrade.ts";

/** What upgrades take, in milliseconds: 95th percentiles, and what lies below. */
export interface Need {
  readonly upgradeMs: number;
  readonly rollBackMs: number;
  /** Of an upgrade, once enough were measured: 5th percentile, median, average. */
  readonly fastestMs?: number;
  readonly usualMs?: number;
  readonly averageMs?: number;
}

export type Due =
  | { readonly kind: "start"; readonly turnBackAt: number; readonly backOnlineBy: number }
  | { readonly kind: "wait"; readonly until: number }
  /** The promised wall time is another instant now. */
  | { readonly kind: "moved"; readonly start: number; readonly end: number }
  | { readonly kind: "missed"; readonly reason: string };

/** `freezes`: those of the organisation. */
export function dueOf(
  { appointment }: Pick<Upgrade, "appointment">,
  at: {
    readonly now: number;
    readonly need: Need;
    readonly freezes: readonly Freeze[];
    readonly policy: UpgradePolicy;
  },
): Due {
  const { now, need, policy } = at;
  const start = (end: number): Due => ({ kind: "start", turnBackAt: end - need.rollBackMs, backOnlineBy: end });
  // Where upgrades have come to take longer than the limit, keeping to it would turn every one of them back half-way.
  const longest = Math.max(policy.offlineLimitMs, need.upgradeMs + need.rollBackMs);
  // A hotfix is urgent: it waits for no window and no freeze.
  if (appointment === undefined) return start(now + longest);
  const changed = change(appointment, at.freezes);
  if (changed !== undefined) return changed;
  if (now < appointment.start) return { kind: "wait", until: appointment.start };
  if (!fits(appointment, now, need.upgradeMs, need.rollBackMs)) {
    return { kind: "missed", reason: "its maintenance window went by without a start" };
  }
  return start(Math.min(appointment.end, now + longest));
}

/** What makes a date impossible before it has come: a new freeze, a changed time zone. */
export function change(appointment: Appointment, freezes: readonly Freeze[]): Due | undefined {
  const checked = recheck({ ...appointment, instant: appointment.start });
  switch (checked.kind) {
    case "unknownZone":
      return { kind: "missed", reason: `the time zone ${checked.zone} is not known any more` };
    case "moved": {
      const { start, end } = appointment;
      return { kind: "moved", start: checked.instant, end: end + checked.instant - start };
    }
    case "same":
      return isFrozen(freezes, appointment)
        ? { kind: "missed", reason: "no upgrades are allowed in its maintenance window any more" }
        : undefined;
  }
}
