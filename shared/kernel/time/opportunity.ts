// Where an upgrade fits: the next window with room, notice and no freeze, and whether one that is open still has room.

import { DAY_MS, MINUTE_MS } from "./durations.ts";
import { err, ok, type Result } from "../result.ts";
import { rfc3339 } from "../rfc3339.ts";
import { frozenSpans, type Freeze } from "./freeze.ts";
import { occurrencesFrom, type MaintenanceWindow, type Occurrence } from "./maintenance-window.ts";
import { isNoticeKept } from "./notice.ts";
import { assertInstant, overlap, type Span } from "./wall-time.ts";

/** Beyond this nothing is planned: further ahead, freezes and versions are not known. */
const DEFAULT_HORIZON_DAYS = 400;

export interface OpportunityQuery {
  readonly window: MaintenanceWindow;
  /** Those of the organisation (`freezesFor`). */
  readonly freezes: readonly Freeze[];
  /** The occurrence starts at or after this instant (ms since the epoch). */
  readonly notBefore: number;
  /** The occurrence starts before this instant; 400 days after `notBefore` when absent. */
  readonly notAfter?: number;
  /** Time the upgrade and its roll-back take, in milliseconds. */
  readonly needMs: number;
  /** When given, only occurrences for which a notice accepted at this instant is early enough. */
  readonly noticeAt?: number;
}

export interface NoOpportunity {
  /** The hurdle that the best occurrence in reach did not take, in the order: there is one, notice, length, freezes. */
  readonly kind: "noWindow" | "noticeTooLate" | "windowTooShort" | "frozen";
  readonly message: string;
}

/** The first occurrence in which the need fits, that no freeze touches and that can be announced in time, or why none. */
export function nextOpportunity(query: OpportunityQuery): Result<Occurrence, NoOpportunity> {
  const { window, freezes, notBefore, needMs, noticeAt } = query;
  const notAfter = query.notAfter ?? notBefore + DEFAULT_HORIZON_DAYS * DAY_MS;
  assertInstant(notAfter, "notAfter");
  assertDuration(needMs, "needMs");
  // An occurrence lasts 24 hours by the clock, a few more at a clock change.
  const frozen = frozenSpans(freezes, { start: notBefore, end: notAfter + 2 * DAY_MS });
  const seen = { announceable: 0, longEnough: 0, longestMs: 0, all: 0 };
  for (const occurrence of occurrencesFrom(window, notBefore)) {
    if (occurrence.start >= notAfter) break;
    seen.all++;
    if (noticeAt !== undefined && !isNoticeKept(noticeAt, occurrence)) continue;
    seen.announceable++;
    const length = occurrence.end - occurrence.start;
    seen.longestMs = Math.max(seen.longestMs, length);
    if (length < needMs) continue;
    seen.longEnough++;
    if (!frozen.some((span) => overlap(span, occurrence))) return ok(occurrence);
  }
  return err(explain(seen, needMs, { start: notBefore, end: notAfter }));
}

/**
 * Whether an upgrade that starts `now` ends before the occurrence does, also when it has to be rolled back.
 * The estimates are 95th percentiles in milliseconds. Throws a RangeError for an estimate that is no duration.
 */
export function fits(occurrence: Occurrence, now: number, p95UpgradeMs: number, p95RollBackMs: number): boolean {
  assertDuration(p95UpgradeMs, "p95UpgradeMs");
  assertDuration(p95RollBackMs, "p95RollBackMs");
  return now >= occurrence.start && now + p95UpgradeMs + p95RollBackMs <= occurrence.end;
}

function explain(
  seen: {
    readonly all: number;
    readonly announceable: number;
    readonly longEnough: number;
    readonly longestMs: number;
  },
  needMs: number,
  { start, end }: Span,
): NoOpportunity {
  const range = `from ${rfc3339(start)} to ${rfc3339(end)}`;
  if (seen.all === 0) return { kind: "noWindow", message: `no maintenance window opens ${range}` };
  if (seen.announceable === 0) {
    return { kind: "noticeTooLate", message: `no maintenance window ${range} can be announced 28 days ahead any more` };
  }
  if (seen.longEnough === 0) {
    const message = `no maintenance window ${range} is long enough: ${minutes(seen.longestMs)} min at most, ${minutes(needMs)} min needed`;
    return { kind: "windowTooShort", message };
  }
  return { kind: "frozen", message: `freezes cover all ${seen.longEnough} long enough maintenance windows ${range}` };
}

const minutes = (ms: number): number => Math.ceil(ms / MINUTE_MS);

function assertDuration(ms: number, name: string): void {
  if (Number.isFinite(ms) && ms >= 0) return;
  throw new RangeError(`${name} must be a duration in milliseconds, was ${ms}`);
}
