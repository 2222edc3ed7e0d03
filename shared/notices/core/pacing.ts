// When mails may be sent: the provider takes so many per minute and per hour, in sliding windows. One rule (`sendTimes`)
// serves sending and planning, so that a campaign is promised what is then kept.

import { HOUR_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import type { NoticeKind } from "./notice.ts";

export interface Quota {
  /** At least 1 each. */
  readonly perMinute: number;
  readonly perHour: number;
}

/** Mails handed to the provider at this instant (milliseconds since the epoch), ascending. */
export interface Sent {
  readonly at: number;
  readonly count: number;
}

export interface MailPace {
  readonly quota: Quota;
  readonly sent: readonly Sent[];
  /** The provider said (429) not to come back earlier. */
  readonly pausedUntil?: number;
  readonly now: number;
}

export interface Pending {
  readonly noticeId: string;
  readonly kind: NoticeKind;
  readonly deadline: number;
  readonly nextAttemptAt: number;
}

/** Sends are counted per step, at its end, so that a window is never thought free too early. */
export const STEP_MS = 5000;

/** The end of the step in which a send is counted. */
export const stepEnd = (now: number): number => (Math.floor(now / STEP_MS) + 1) * STEP_MS;

/** Adds sends to the ledger and forgets those that no window reaches. */
export function countSends(sent: readonly Sent[], count: number, now: number): readonly Sent[] {
  const at = stepEnd(now);
  const kept = sent.filter((one) => one.at > now - HOUR_MS);
  const last = kept.at(-1);
  return last?.at === at
    ? [...kept.slice(0, -1), { at, count: last.count + count }]
    : [...kept, { at, count }].sort((a, b) => a.at - b.at);
}

/** Takes sends counted at this instant out of the ledger: they are counted anew, later. */
export const takeBack = (sent: readonly Sent[], count: number, at: number): readonly Sent[] =>
  sent.flatMap((one) => (one.at !== at ? [one] : one.count > count ? [{ at, count: one.count - count }] : []));

/** The instants at which the next `count` mails may be sent, ascending. `everyMs`: sending only begins on this grid. */
export function sendTimes(pace: MailPace, count: number, everyMs = 1): readonly number[] {
  const { quota, now } = pace;
  if (quota.perMinute < 1 || quota.perHour < 1) {
    throw new RangeError(`A mail quota must be at least 1 per minute and per hour, not ${JSON.stringify(quota)}.`);
  }
  const needed = Math.max(quota.perMinute, quota.perHour);
  const taken = pace.sent.flatMap(({ at, count }) => Array.from({ length: Math.min(count, needed) }, () => at));
  const first = taken.length;
  for (let position = first; position < first + count; position++) {
    const earliest = Math.max(
      now,
      pace.pausedUntil ?? 0,
      (taken[position - 1] ?? 0 > now) ? now : 0,
      leaves(taken, position - quota.perMinute, MINUTE_MS),
      leaves(taken, position - quota.perHour, HOUR_MS),
    );
    taken.push(now + Math.ceil((earliest - now) / everyMs) * everyMs);
  }
  return taken.slice(first);
}

/** When the mail at this position has left its window; 0 when there is none. */
function leaves(taken: readonly number[], position: number, windowMs: number): number {
  const at = position < 0 ? undefined : taken[position];
  return at === undefined ? 0 : at + windowMs;
}

export interface Picked<T extends Pending> {
  /** To send now, the most urgent first. */
  readonly send: readonly T[];
  /** When there will be something to do again; absent when nothing is pending. */
  readonly lookAgainAt?: number;
}

/** Which of the pending notices to send now, at most `most`: first those that were begun before. */
export function pickDue<T extends Pending>(
  pace: MailPace,
  pending: readonly T[],
  most: number,
  isBegun: (one: T) => boolean = () => false,
): Picked<T> {
  const { now } = pace;
  const due = pending
    .filter((one) => one.nextAttemptAt <= now)
    .sort((a, b) => Number(isBegun(b)) - Number(isBegun(a)) || byUrgency(a, b));
  const times = sendTimes(pace, Math.min(due.length, most + 1));
  const send = due.slice(0, Math.min(times.filter((time) => time <= now).length, most));
  const looks = pending.filter((one) => one.nextAttemptAt > now).map((one) => one.nextAttemptAt);
  if (due.length > send.length) looks.push(times[send.length] ?? now);
  return looks.length === 0 ? { send } : { send, lookAgainAt: looks.reduce((a, b) => Math.min(a, b)) };
}

/** Smaller is more urgent: who is offline soon, or would wait for it in vain; who is online again; what is weeks ahead. */
const RANKS: Readonly<Record<NoticeKind, number>> = {
  hotfix: 0,
  cancellation: 0,
  reminder1: 0,
  completion: 1,
  rollBack: 1,
  announcement: 2,
  change: 2,
  reminder7: 2,
};

/** Before which deadlines of this kind another notice goes: all (0), later ones than its own, or none (undefined). */
export function deadlineBeside(kind: NoticeKind, other: Pick<Pending, "kind" | "deadline">): number | undefined {
  const difference = RANKS[other.kind] - RANKS[kind];
  if (difference > 0) return undefined;
  return difference < 0 ? 0 : other.deadline;
}

export const byUrgency = (a: Pending, b: Pending): number =>
  RANKS[a.kind] - RANKS[b.kind] ||
  a.deadline - b.deadline ||
  (a.noticeId < b.noticeId ? -1 : a.noticeId > b.noticeId ? 1 : 0);

export type Announceable =
  | {
      readonly kind: "fits";
      readonly lastSentAt: number;
      /** The latest instant at which sending must have begun, with the whole quota free. */
      readonly beginBy: number;
    }
  | {
      readonly kind: "tooLate";
      /** How many of the notices would come after their deadline. */
      readonly late: number;
      readonly lastSentAt: number;
      /** By how much the deadlines must move for all to fit when sending begins now. */
      readonly postponeMs: number;
      /** The latest instant at which sending should have begun, with the whole quota free. */
      readonly beginBy: number;
    };

/** Mails that wait beside those that are planned. */
export interface Backlog {
  /** Deadlines of mails that wait already: they take their places, whether they are late is not asked. */
  readonly others?: readonly number[];
  /** How often the sender runs, in milliseconds; a minute when absent. */
  readonly everyMs?: number;
}

/**
 * Whether notices with these deadlines can all be accepted in time when sending begins now, in the order of deadlines.
 * Plan with a share of the real quota when other mails must have room.
 */
export function latestAnnounceable(pace: MailPace, deadlines: readonly number[], backlog: Backlog = {}): Announceable {
  const { others = [], everyMs = MINUTE_MS } = backlog;
  const ours = deadlines.toSorted((a, b) => a - b);
  const ahead = others.toSorted((a, b) => a - b);
  const times = sendTimes(pace, ours.length + ahead.length, everyMs);
  let passed = 0;
  const sentAt = ours.map((deadline, position) => {
    while (passed < ahead.length && (ahead[passed] ?? 0) <= deadline) passed += 1;
    return times[position + passed] ?? pace.now;
  });
  const lastSentAt = sentAt.at(-1) ?? pace.now;
  const late = ours.filter((deadline, position) => (sentAt[position] ?? 0) > deadline).length;
  const free = sendTimes({ quota: pace.quota, sent: [], now: 0 }, ours.length, everyMs);
  const beginBy = ours.reduce((begin, deadline, at) => Math.min(begin, deadline - (free[at] ?? 0)), Infinity);
  if (late === 0) return { kind: "fits", lastSentAt, beginBy };
  // With later deadlines more of the others go first: at worst all.
  const atWorst = times.slice(ahead.length);
  return {
    kind: "tooLate",
    late,
    lastSentAt,
    postponeMs: ours.reduce((most, deadline, at) => Math.max(most, (atWorst[at] ?? 0) - deadline), 0),
    beginBy,
  };
}
