// What becomes of a notice when its mail is accepted, refused, delayed, bounced or no longer wanted. Each function gives
// the next row, or undefined when nothing changes, so that whatever comes twice or late is harmless.

import { HOUR_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import { cut } from "../../kernel/text.ts";
import { NO_CONTACT, type Notice } from "./notice.ts";

const FIRST_PAUSE_MS = MINUTE_MS;
const LONGEST_PAUSE_MS = HOUR_MS;
/** Refusals may be the sender's fault (a wrong key), so the notice is given up only after some hours. */
const MAX_REFUSALS = 5;
const MAX_FAILURE = 500;
const MAX_STATUSES = 5;

/** The service has taken the mail. Also counts when the notice was withdrawn or given up meanwhile: the customer has it. */
export function accepted(notice: Notice, now: number): Notice | undefined {
  if (notice.acceptedAt !== undefined || notice.recipients.length === 0) return undefined;
  const { failure: _, ...rest } = notice;
  return { ...rest, acceptedAt: now, status: isUnreachable(notice) ? "bounced" : "accepted" };
}

/** The service took the mail and could not send it, or refused it for good. */
export function failed(notice: Notice, reason: string): Notice | undefined {
  if (notice.status !== "pending") return undefined;
  return { ...notice, status: "failed", failure: cut(reason, MAX_FAILURE) };
}

/** No answer, so whether it was sent is unknown: again under the same id, each time after a longer pause. */
export function postponed(notice: Notice, reason: string, now: number): Notice | undefined {
  if (notice.status !== "pending") return undefined;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(notice.attempts, 10), LONGEST_PAUSE_MS);
  return {
    ...notice,
    attempts: notice.attempts + 1,
    nextAttemptAt: now + pause,
    failure: cut(reason, MAX_FAILURE),
  };
}

/** Another mail goes first. No attempt: nothing was tried. */
export const waiting = (notice: Notice, until: number): Notice | undefined =>
  notice.status === "pending" ? { ...notice, nextAttemptAt: until } : undefined;

/** The service refused mail or sender: tried again hourly, then failed. */
export function refused(notice: Notice, reason: string, now: number): Notice | undefined {
  const refusals = notice.refusals + 1;
  if (refusals >= MAX_REFUSALS) return failed({ ...notice, refusals }, reason);
  const next = postponed(notice, reason, now);
  return next === undefined ? undefined : { ...next, refusals, nextAttemptAt: now + LONGEST_PAUSE_MS };
}

/**
 * The mail did not reach this recipient. A report may come before the acceptance was recorded (the process died between
 * sending and recording), and in any order: what is kept is the same in all of them. When no recipient is left the notice
 * is no evidence any more.
 */
export function bounced(notice: Notice, recipient: string, status = "unknown"): Notice | undefined {
  const lower = recipient.toLowerCase();
  const known = notice.recipients.find((one) => one.toLowerCase() === lower);
  if (known === undefined) return undefined;
  const lost = new Set([...notice.bouncedRecipients, known]);
  const bounces = withBounce(notice.bounces ?? [], { recipient: known, status });
  if (bounces.length === notice.bounces?.length && lost.size === notice.bouncedRecipients.length) return undefined;
  const next = { ...notice, bounces, bouncedRecipients: notice.recipients.filter((one) => lost.has(one)) };
  return next.status === "accepted" && isUnreachable(next) ? { ...next, status: "bounced" } : next;
}

type Bounce = NonNullable<Notice["bounces"]>[number];

/** Of each recipient a few statuses, always the first by the alphabet: the same ones whichever came first. */
function withBounce(bounces: readonly Bounce[], bounce: Bounce): Bounce[] {
  if (bounces.some(({ recipient, status }) => recipient === bounce.recipient && status === bounce.status))
    return [...bounces];
  const own = [...bounces.filter(({ recipient }) => recipient === bounce.recipient), bounce];
  const others = bounces.filter(({ recipient }) => recipient !== bounce.recipient);
  return [...others, ...own.toSorted(byText).slice(0, MAX_STATUSES)].toSorted(byText);
}

const byText = (a: Bounce, b: Bounce): number => {
  const [left, right] = [JSON.stringify([a.recipient, a.status]), JSON.stringify([b.recipient, b.status])];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** The appointment has changed or is cancelled: what was not sent yet must not be sent. */
export function withdrawn(notice: Notice): Notice | undefined {
  return notice.status === "pending" ? { ...notice, status: "withdrawn" } : undefined;
}

/** Withdrawn as long as it was not known whether anybody needs it, and somebody does. */
export function wanted(notice: Notice, now: number): Notice | undefined {
  if (notice.status !== "withdrawn") return undefined;
  return notice.recipients.length === 0
    ? { ...notice, status: "failed", failure: NO_CONTACT }
    : { ...notice, status: "pending", nextAttemptAt: now };
}

const ENDS: ReadonlySet<Notice["kind"]> = new Set(["cancellation", "completion", "rollBack"]);

/** Whether what it says does not hold any more: the appointment has a later revision among these, or has come to its end. */
export const isSuperseded = (notice: Notice, all: readonly Pick<Notice, "kind" | "sequence">[]): boolean =>
  all.some(
    ({ kind, sequence }) =>
      sequence > notice.sequence || (sequence === notice.sequence && ENDS.has(kind) && !ENDS.has(notice.kind)),
  );

/** Support has corrected the contacts of a failed or bounced notice: a new mail to these. */
export function resent(notice: Notice, recipients: readonly string[], now: number): Notice | undefined {
  if ((notice.status !== "failed" && notice.status !== "bounced") || recipients.length === 0) return undefined;
  const { acceptedAt: _, failure: __, bounces: ___, ...rest } = notice;
  return {
    ...rest,
    recipients: [...recipients],
    status: "pending",
    attempts: 0,
    refusals: 0,
    nextAttemptAt: now,
    mailNumber: notice.mailNumber + 1,
    bouncedRecipients: [],
  };
}

/** Whether the mail was accepted for at least one contact that it did not bounce from. */
export const isEvidence = (notice: Notice): boolean => notice.acceptedAt !== undefined && !isUnreachable(notice);

/** Whether it came back from every contact. */
export const isUnreachable = ({ recipients, bouncedRecipients }: Notice): boolean =>
  recipients.every((recipient) => bouncedRecipients.includes(recipient));
