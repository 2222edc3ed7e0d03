// A version that fails too often is quarantined: nobody starts it again, in no campaign, until two operators lift that.

import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { failedIn, sum, type Tally } from "./tally.ts";

export const quarantineSchema = z.object({
  version: z.string(),
  campaignId: z.string(),
  reason: z.string(),
  /** Failures so far of each campaign that called for it: after a lift only more of them quarantine the version again. */
  failures: z.record(z.string(), z.int().nonnegative()),
  since: instant,
  /** Those who want it lifted; two different ones lift it. */
  lifts: z.array(z.object({ by: z.string(), at: instant })),
  liftedAt: instant.optional(),
});
export type Quarantine = Readonly<z.infer<typeof quarantineSchema>>;

export interface QuarantineRule {
  /** Share of the ended upgrades of one ring that failed, in percent. */
  readonly percent: number;
  /** Fewer failures than this say nothing. */
  readonly atLeast: number;
}

/** Why the version must be quarantined, or undefined. */
export function quarantineReason(tallies: readonly Tally[], rule: QuarantineRule): string | undefined {
  for (const [ring, members] of Map.groupBy(tallies, (tally) => tally.ring)) {
    const counts = sum(members);
    const failed = failedIn(counts);
    const ended = failed + counts.succeeded;
    if (failed >= rule.atLeast && failed * 100 >= ended * rule.percent) {
      return `${failed} of ${ended} upgrades of ring ${ring} failed (limit ${rule.percent} %)`;
    }
  }
  return undefined;
}

const prefix = (version: string): string => `version ${version} is quarantined`;

/** Why a campaign is paused by it. The same for as long as it is in force, however many more upgrades fail. */
export const pausedByQuarantine = ({ version, reason }: Pick<Quarantine, "version" | "reason">): string =>
  `${prefix(version)}: ${reason}`;

export const pausedByAnother = (version: string): string => `${prefix(version)} because of another campaign`;

export const isQuarantineReason = (version: string, pausedBecause: string): boolean =>
  pausedBecause.startsWith(prefix(version));

/**
 * Whether this reason calls for a (new) quarantine: not while one is in force, and not for failures that two operators
 * have looked at already.
 */
export function callsForQuarantine(present: Quarantine | undefined, campaignId: string, failed: number): boolean {
  if (present === undefined) return true;
  if (isInForce(present)) return false;
  return failed > (present.failures[campaignId] ?? 0);
}

/** In force until two different people have lifted it. */
export const isInForce = (quarantine: Quarantine): boolean => quarantine.liftedAt === undefined;

const LIFTS_NEEDED = 2;

export type LiftRefusal =
  | { readonly kind: "notInQuarantine" }
  | { readonly kind: "alreadyLifted"; readonly by: string };

/** One more who wants it lifted; the second, somebody else, lifts it. */
export function lift(quarantine: Quarantine, by: string, now: number): Result<Quarantine, LiftRefusal> {
  if (!isInForce(quarantine)) return err({ kind: "notInQuarantine" });
  if (quarantine.lifts.some((one) => one.by === by)) return err({ kind: "alreadyLifted", by });
  const lifts = [...quarantine.lifts, { by, at: now }];
  return ok(lifts.length < LIFTS_NEEDED ? { ...quarantine, lifts } : { ...quarantine, lifts, liftedAt: now });
}
