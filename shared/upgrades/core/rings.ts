// Rings: the order inside a campaign. A release goes out to few organisations first; the next ring opens when the ones
// before it have ended, have soaked, and are well (gate.ts).

import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";
import { bucketOf } from "../../kernel/bucket.ts";

export const ringNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,19}$/, "must be a short lower-case name such as canary");

export const ringSchema = z.object({
  ring: ringNameSchema,
  /** How long the organisations of this ring must have worked with the new version before the next ring opens. */
  soakMs: z.int().nonnegative(),
  /** How many upgrades of this ring may have failed or be under way at any time. */
  failureBudget: z.int().positive(),
  /** No date in this ring is planned earlier: the rings before it have been upgraded and have soaked by then. */
  plannedFrom: z.int().nonnegative(),
});
export type Ring = Readonly<z.infer<typeof ringSchema>>;

/** Who is in a ring: named organisations, a share of the campaign, or whoever is left (the last ring). */
export interface RingShare {
  readonly ring: string;
  readonly organisations?: readonly string[] | undefined;
  /** Of all organisations of the campaign, 1 to 100. */
  readonly percent?: number | undefined;
}

export type RingProblem =
  | { readonly kind: "unknownInRing"; readonly ring: string; readonly organisationId: string }
  | { readonly kind: "inTwoRings"; readonly organisationId: string }
  | { readonly kind: "percentTooHigh"; readonly percent: number };

/**
 * The ring of each organisation, by its id. Named ones first; then each share takes organisations in an order that
 * follows from their ids alone, so that the same request gives the same rings; the last ring takes the rest.
 */
export function assignRings(
  shares: readonly RingShare[],
  organisationIds: readonly string[],
): Result<ReadonlyMap<string, string>, RingProblem> {
  const known = new Set(organisationIds);
  const rings = new Map<string, string>();
  // Rounded: 0.2 + 83.9 + 15.9 is a little more than 100.
  const percent = Math.round(shares.reduce((total, share) => total + (share.percent ?? 0), 0) * 1000) / 1000;
  if (percent > 100) return err({ kind: "percentTooHigh", percent });
  for (const { ring, organisations = [] } of shares) {
    for (const organisationId of organisations) {
      if (!known.has(organisationId)) return err({ kind: "unknownInRing", ring, organisationId });
      if (rings.has(organisationId)) return err({ kind: "inTwoRings", organisationId });
      rings.set(organisationId, ring);
    }
  }
  const free = organisationIds.filter((id) => !rings.has(id)).toSorted(byMixedOrder);
  let taken = 0;
  for (const { ring, percent = 0 } of shares) {
    const count = Math.ceil((organisationIds.length * percent) / 100);
    for (const organisationId of free.slice(taken, taken + count)) rings.set(organisationId, ring);
    taken += count;
  }
  const last = shares.at(-1)?.ring ?? "broad";
  for (const organisationId of free.slice(taken)) rings.set(organisationId, last);
  return ok(rings);
}

const BUCKETS = 1_000_003;

/** Mixed, so that a share is no alphabetical corner of the fleet. */
function byMixedOrder(a: string, b: string): number {
  return bucketOf(a, BUCKETS) - bucketOf(b, BUCKETS) || (a < b ? -1 : 1);
}
