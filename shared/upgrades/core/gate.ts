// The gate between two rings: the next ring opens when the organisations before it have been upgraded, have worked with
// the new version for the soak time, and are well. Once open it stays open; what goes wrong later is held by the budgets
// and the quarantine.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import type { Campaign } from "./campaign.ts";
import { sum } from "./tally.ts";

/** How the organisations upgraded so far are: `inconclusive` holds the ring, for a limited time. */
export type Verdict =
  | { readonly kind: "pass" }
  | { readonly kind: "fail"; readonly reason: string }
  | { readonly kind: "inconclusive"; readonly reason: string };

export type GateStep =
  /** Every ring is open, or the present one has not ended: nothing to decide. `pollAt`: when the soak time ends. */
  | { readonly kind: "closed"; readonly pollAt?: number }
  | { readonly kind: "open" }
  /** Ask how these rings are. */
  | { readonly kind: "ask"; readonly rings: readonly string[] }
  | { readonly kind: "pause"; readonly reason: string };

/** What the gate needs before its verdict is asked for. */
export function gateStep(campaign: Campaign, now: number): GateStep {
  const open = campaign.rings.slice(0, campaign.openRings);
  const present = open.at(-1);
  if (present === undefined || open.length === campaign.rings.length) return { kind: "closed" };
  const tallies = campaign.tallies.filter(({ ring }) => ring === present.ring);
  const counts = sum(tallies);
  if (counts.waiting + counts.underWay > 0) return { kind: "closed" };
  // A ring without organisations, or whose organisations were all skipped or put off, says nothing.
  if (counts.succeeded + counts.rolledBack + counts.needsHuman === 0) return { kind: "open" };
  if (counts.succeeded === 0) return { kind: "pause", reason: `no upgrade of ring ${present.ring} succeeded` };
  const soaked = Math.max(...tallies.map(({ lastEndAt = 0 }) => lastEndAt)) + present.soakMs;
  if (now < soaked) return { kind: "closed", pollAt: soaked };
  return { kind: "ask", rings: open.map(({ ring }) => ring) };
}

export type GateDecision =
  | { readonly kind: "open" }
  | { readonly kind: "hold"; readonly since: number; readonly reason: string }
  | { readonly kind: "pause"; readonly reason: string };

/** What follows from the verdicts. `limitMs`: how long an inconclusive one may hold the ring. */
export function judge(campaign: Campaign, verdicts: readonly Verdict[], now: number, limitMs: number): GateDecision {
  const failed = verdicts.find((verdict) => verdict.kind === "fail");
  if (failed !== undefined) return { kind: "pause", reason: failed.reason };
  const unclear = verdicts.find((verdict) => verdict.kind === "inconclusive");
  if (unclear === undefined) return { kind: "open" };
  const since = campaign.heldSince ?? now;
  if (now - since < limitMs) return { kind: "hold", since, reason: unclear.reason };
  return { kind: "pause", reason: `no verdict within ${Math.round(limitMs / MINUTE_MS)} minutes: ${unclear.reason}` };
}
