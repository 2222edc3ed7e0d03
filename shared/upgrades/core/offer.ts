// Which other dates an organisation may choose for its upgrade.

import { DAY_MS } from "../../kernel/time/durations.ts";
import { Temporal } from "temporal-polyfill";
import { frozenSpans, type Freeze } from "../../kernel/time/freeze.ts";
import { occurrencesFrom, type MaintenanceWindow, type Occurrence } from "../../kernel/time/maintenance-window.ts";
import { isNoticeKept } from "../../kernel/time/notice.ts";
import { overlap, parseWall } from "../../kernel/time/wall-time.ts";
import { reach, type AcceptedNotice, type Appointment } from "./appointment.ts";
import type { Need } from "./due.ts";

export interface OfferQuery {
  readonly window: MaintenanceWindow;
  /** Those of the organisation. */
  readonly freezes: readonly Freeze[];
  readonly need: Need;
  readonly accepted: readonly AcceptedNotice[];
  /** Its ring does not open earlier. */
  readonly plannedFrom: number;
  readonly now: number;
}

/** Nobody is surprised by a date that begins in a few hours. */
const LEAD_MS = DAY_MS;
const MOST = 20;

/**
 * The occurrences at most seven days before and three weeks after the announced one that are long enough, not frozen, and
 * of which the customer was told four weeks before; without the present one. Ascending.
 */
export function offer(appointment: Appointment, query: OfferQuery): readonly Occurrence[] {
  const { window, freezes, need, accepted, plannedFrom, now } = query;
  const { from, to } = reach(appointment);
  const [first, last] = [parseWall(from), parseWall(to)];
  const notBefore = Math.max(plannedFrom, now + LEAD_MS);
  const searchFrom = Math.max(notBefore, appointment.start - 60 * DAY_MS);
  const frozen = frozenSpans(freezes, { start: searchFrom, end: searchFrom + 120 * DAY_MS });
  const counting = accepted.filter(({ sequence }) => sequence >= appointment.noticeFrom);
  const options: Occurrence[] = [];
  for (const occurrence of occurrencesFrom(window, searchFrom)) {
    const wall = parseWall(occurrence.wallStart);
    if (Temporal.PlainDateTime.compare(wall, last) > 0 || options.length === MOST) break;
    if (Temporal.PlainDateTime.compare(wall, first) < 0 || occurrence.start === appointment.start) continue;
    if (occurrence.end - occurrence.start < need.upgradeMs + need.rollBackMs) continue;
    if (frozen.some((span) => overlap(span, occurrence))) continue;
    if (counting.some(({ acceptedAt }) => isNoticeKept(acceptedAt, occurrence))) options.push(occurrence);
  }
  return options;
}
