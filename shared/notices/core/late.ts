// What of a notice still holds when it is sent: after an outage it may be late.

import { DAY_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import type { Notice } from "./notice.ts";

/** With less than this left nobody says "in about a week". */
export const WEEK_FROM_MS = 5 * DAY_MS;

type Known = Pick<Notice, "kind" | "sequence" | "status" | "nextAttemptAt">;
type Reminding = Pick<Notice, "kind" | "sequence" | "appointment">;

const isReminder = ({ kind }: Pick<Notice, "kind">): boolean => kind === "reminder7" || kind === "reminder1";
const isAlive = ({ status }: Known): boolean => status === "pending" || status === "accepted";

/** Whether it comes too late: what it announces is over, or has begun, or the reminder of the day before reminds as well. */
export function isTooLate(notice: Reminding, all: readonly Known[], now: number): boolean {
  const { start, end } = notice.appointment;
  if (notice.kind === "announcement" || notice.kind === "change") return now >= end;
  if (!isReminder(notice)) return false;
  if (now >= start) return true;
  return (
    notice.kind === "reminder7" &&
    now > start - WEEK_FROM_MS &&
    all.some((one) => one.kind === "reminder1" && one.sequence === notice.sequence && isAlive(one))
  );
}

/**
 * What a notice tells when it is sent at `now`. The times of a hotfix are estimates that begin when its customer was told:
 * sent late, it tells later ones.
 */
export function asOf({ kind, appointment }: Pick<Notice, "kind" | "appointment">, now: number): Notice["appointment"] {
  const late = Math.ceil((now - appointment.start) / MINUTE_MS) * MINUTE_MS;
  if (kind !== "hotfix" || late <= 0) return appointment;
  return { ...appointment, start: appointment.start + late, end: appointment.end + late };
}

const TELLS_THE_TIME: ReadonlySet<Notice["kind"]> = new Set(["announcement", "hotfix", "change"]);
const LOOK_AGAIN_MS = MINUTE_MS;

/** Until when a reminder waits for the mail that tells of the time: nobody is reminded of what they do not know yet. */
export function waitsUntil(notice: Reminding, all: readonly Known[], now: number): number | undefined {
  if (!isReminder(notice)) return undefined;
  const isFirst = (one: Known) =>
    TELLS_THE_TIME.has(one.kind) && one.sequence === notice.sequence && one.status === "pending";
  return all.some(isFirst) ? now + LOOK_AGAIN_MS : undefined;
}
