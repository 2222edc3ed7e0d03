// Whether an organisation is well enough to be taken offline for an upgrade, by its latest functional checks. An ill one
// would fail on the new version as well, for a reason that is not the version's, and be offline for nothing.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { cut } from "../../kernel/text.ts";

/** What is known of one functional check. */
export interface CheckResult {
  /** When it ran, in milliseconds since the epoch. */
  readonly at: number;
  /** `notRun`: by our own doing; it says nothing about the organisation. */
  readonly outcome: "passed" | "failed" | "notRun";
  /** What failed, as a sentence without its full stop. */
  readonly failure?: string | undefined;
}

export type Wellness =
  | { readonly kind: "well" }
  /** Nobody knows, or nobody knows any more, or a failure is not confirmed: it must be checked. */
  | { readonly kind: "unknown" }
  | { readonly kind: "ill"; readonly reason: string };

/** What claims to lie further ahead was written by a wrong clock. */
const CLOCKS_DIFFER_MS = MINUTE_MS;

/** `newestFirst`: the latest checks. One older than `maxAgeMs` counts for nothing; a failure counts when it came twice. */
export function wellnessOf(newestFirst: readonly CheckResult[], now: number, maxAgeMs: number): Wellness {
  const known = newestFirst.filter(
    ({ outcome, at }) => outcome !== "notRun" && now - at <= maxAgeMs && at <= now + CLOCKS_DIFFER_MS,
  );
  const [latest, before] = known;
  if (latest?.outcome === "passed") return { kind: "well" };
  if (latest?.outcome !== "failed" || before?.outcome !== "failed") return { kind: "unknown" };
  return {
    kind: "ill",
    reason: cut(
      `its basic functions fail already before the upgrade (${latest.failure ?? "the functional suite failed"})`,
      500,
    ),
  };
}
