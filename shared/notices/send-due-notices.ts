// Sends what is due, the most urgent first, as fast as the provider's quota allows. Safe to run twice, at once and after
// a crash at any point: room in the quota is reserved before a mail is sent, and a mail sent again has the same id. Of
// several runs at once only one sends; the others end at once. One that died, or hangs in a mail for longer than its
// lease, is followed by the next run, which goes on with the mails that it had begun.
//
//   SN1  A pending notice stays in the queue until its mail was accepted, has failed or is withdrawn.
//   SN2  One notice is one mail at the provider, however often it is sent.
//   SN3  The reserved sends never pass the quota; a mail that a crash interrupted is counted once.
//   SN4  What does not hold any more is not sent, even if it was asked for late by a coordinator that knew nothing of it;
//       only a mail that is on its way at that moment arrives (cancel-appointment.ts counts on the order of the steps).

import type { RaiseIncident } from "../incidents/core/incident.ts";
import { defined } from "../kernel/defined.ts";
import { DAY_MS, MINUTE_MS } from "../kernel/time/durations.ts";
import { describeFailure, PermanentFailure, TransientFailure } from "../kernel/failures.ts";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { NoticeLog } from "./signals.ts";
import type { Mailer, MailOutcome } from "../platform/mail/mail.ts";
import { changeNotice } from "./change-notice.ts";
import { composeMail, type Composer } from "./compose-mail.ts";
import { countSends, pickDue, sendTimes, stepEnd, takeBack, type Picked, type Quota } from "./core/pacing.ts";
import { accepted, failed, isSuperseded, postponed, refused, waiting, withdrawn } from "./core/transitions.ts";
import { isTooLate, waitsUntil } from "./core/late.ts";
import type { Notice } from "./core/notice.ts";
import type { NoticeStore, PendingNotice, StoredPace } from "./store.ts";

export interface SendNoticesDeps {
  readonly store: Pick<
    NoticeStore,
    | "pending"
    | "readPending"
    | "read"
    | "save"
    | "noticesOf"
    | "rememberMail"
    | "readPace"
    | "changePace"
    | "pauseUntil"
    | "takeSender"
  >;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly log: NoticeLog;
  readonly raiseIncident: RaiseIncident;
  readonly composer: Composer;
  readonly quota: Quota;
}

export interface NoticeSendLimits {
  /** Mails per run. */
  readonly most: number;
  /** Milliseconds after which no further mail is begun. */
  readonly runMs: number;
  /** Mails on their way at once. */
  readonly atOnce: number;
}

/** One invocation stays well below the host's time-out: a mail takes a minute at most (azure-mail.ts). */
export const NOTICE_SEND_LIMITS: NoticeSendLimits = { most: 500, runMs: 3 * MINUTE_MS, atOnce: 5 };

export interface NoticesRun {
  readonly accepted: number;
  readonly failed: number;
  /** To be tried again later. */
  readonly postponed: number;
  /** When there may be something to do again; absent when nothing waits. */
  readonly lookAgainAt?: number;
}

type Outcome = (
  | { readonly kind: "accepted" | "failed" | "postponed" | "refused" | "superseded" | "tooLate" | "waits" | "gone" }
  | { readonly kind: "paused"; readonly until: number }
) & {
  /** Still to be sent. */
  readonly again?: PendingNotice;
};

/** Refused all at once: more likely the sender's fault than the mails'. */
const REFUSED_PAUSE_MS = 10 * MINUTE_MS;
/** A longer wait than this is no sensible answer of the provider. */
const LONGEST_PAUSE_MS = DAY_MS;

/** Renewed before each wave; a holder that died costs at most this. */
const LEASE_MS = 45_000;
/** What became urgent during a run must not wait for its end. */
const REREAD_MS = 10_000;

/** Throws TransientFailure when storage cannot be reached; what was not recorded is sent again under the same id. */
export async function sendDueNotices(
  deps: SendNoticesDeps,
  limits: NoticeSendLimits = NOTICE_SEND_LIMITS,
): Promise<NoticesRun> {
  const { store, clock } = deps;
  const startedAt = clock.now();
  const roomAt = await nextRoom(deps);
  // The queue may be long: it is read only when something can be sent.
  if (roomAt > clock.now()) return summary([], roomAt);
  const lease = await store.takeSender(startedAt, startedAt + LEASE_MS);
  if (lease.kind === "held") return summary([], lease.until);
  const run = await sendWaves(deps, limits, startedAt + limits.runMs, () => lease.renew(clock.now() + LEASE_MS));
  // After a failure it expires by itself: whoever failed cannot reach storage.
  await lease.release();
  return run;
}

async function sendWaves(
  deps: SendNoticesDeps,
  limits: NoticeSendLimits,
  endAt: number,
  isStillOurs: () => Promise<boolean>,
): Promise<NoticesRun> {
  const outcomes: Outcome[] = [];
  let readAt = deps.clock.now();
  let waiting = await deps.store.pending(readAt);
  for (;;) {
    const now = deps.clock.now();
    const room = now < endAt ? Math.min(limits.atOnce, limits.most - outcomes.length) : 0;
    const picked = await reserve(deps, waiting, room);
    if (picked.send.length === 0) return summary(outcomes, picked.lookAgainAt);
    const wave = await mapConcurrently(picked.send, limits.atOnce, (one) => sendOne(deps, one));
    outcomes.push(...wave);
    const sent = new Set(picked.send);
    const again = wave.flatMap((one) => (one.again === undefined ? [] : [one.again]));
    waiting = [...waiting.filter((one) => !sent.has(one)), ...again];
    if (await mustStop(deps, wave)) return summary(outcomes, (await peek(deps, waiting)).lookAgainAt);
    if (!(await isStillOurs())) return summary(outcomes, deps.clock.now());
    if (deps.clock.now() < readAt + REREAD_MS) continue;
    readAt = deps.clock.now();
    waiting = await deps.store.pending(readAt);
  }
}

/** When the quota next has room. */
async function nextRoom({ store, quota, clock }: SendNoticesDeps): Promise<number> {
  const now = clock.now();
  return sendTimes({ ...(await store.readPace()), quota, now }, 1)[0] ?? now;
}

const mailOf = ({ noticeId, mailNumber }: PendingNotice): string => `${noticeId}:${mailNumber}`;

/**
 * Takes room in the quota before anything is sent: a crash then wastes room, but never takes too much. Mails that were
 * begun and not decided come first, and their room is moved to now: whether they were taken then is not known, and
 * counted now they stay in every window for longer.
 */
async function reserve(
  deps: SendNoticesDeps,
  waiting: readonly PendingNotice[],
  most: number,
): Promise<Picked<PendingNotice>> {
  let picked: Picked<PendingNotice> = { send: [] };
  await deps.store.changePace((pace) => {
    const now = deps.clock.now();
    const begun = new Set(pace.begun?.mails);
    const isBegun = (one: PendingNotice): boolean => begun.has(mailOf(one));
    const again = waiting.filter((one) => isBegun(one) && one.nextAttemptAt <= now).length;
    picked = pickDue({ ...pace, sent: without(pace, again), quota: deps.quota, now }, waiting, most, isBegun);
    if (picked.send.length === 0) return undefined;
    const sent = countSends(without(pace, picked.send.filter(isBegun).length), picked.send.length, now);
    return { ...pace, sent, begun: { at: stepEnd(now), mails: picked.send.map(mailOf) } };
  });
  return picked;
}

const without = ({ sent, begun }: StoredPace, count: number): StoredPace["sent"] =>
  begun === undefined ? sent : takeBack(sent, count, begun.at);

async function peek({ store, quota, clock }: SendNoticesDeps, waiting: readonly PendingNotice[]) {
  return pickDue({ ...(await store.readPace()), quota, now: clock.now() }, waiting, 0);
}

async function sendOne(deps: SendNoticesDeps, due: PendingNotice): Promise<Outcome> {
  const stored = await deps.store.readPending(due);
  if (stored?.notice.status !== "pending") return { kind: "gone" };
  const attempt = await tryMail(deps, stored.notice);
  if (attempt.kind === "paused") return { ...attempt, again: due };
  // Support may have had it sent again meanwhile: what became of this mail says nothing of that one.
  const step = (notice: Notice): Notice | undefined =>
    notice.mailNumber === stored.notice.mailNumber ? attempt.step(notice, deps.clock.now()) : undefined;
  const next = await changeNotice(deps, due, step, stored);
  const { noticeId, mailNumber } = stored.notice;
  deps.log.event(`notice.${attempt.kind}`, { notice: noticeId, mailNumber, reason: attempt.reason });
  const { kind } = attempt;
  return next?.status === "pending" ? { kind, again: { ...due, nextAttemptAt: next.nextAttemptAt } } : { kind };
}

type Attempt =
  | { readonly kind: "paused"; readonly until: number }
  | {
      readonly kind: "accepted" | "failed" | "postponed" | "refused" | "superseded" | "tooLate" | "waits";
      readonly reason?: string;
      readonly step: (notice: Notice, now: number) => Notice | undefined;
    };

async function tryMail({ store, mailer, composer, clock }: SendNoticesDeps, notice: Notice): Promise<Attempt> {
  let outcome: MailOutcome;
  try {
    const mail = composeMail(notice, composer, clock.now());
    await store.rememberMail(mail.operationId, notice);
    const all = (await store.noticesOf(notice.campaignId, notice.organisationId)).map((one) => one.notice);
    const now = clock.now();
    if (isSuperseded(notice, all)) return { kind: "superseded", step: withdrawn };
    if (isTooLate(notice, all, now)) return { kind: "tooLate", step: withdrawn };
    const until = waitsUntil(notice, all, now);
    if (until !== undefined) return { kind: "waits", step: (one) => waiting(one, until) };
    outcome = await mailer.send(mail);
  } catch (error) {
    return attemptOf(error, clock.now());
  }
  if (outcome.kind === "sent") return { kind: "accepted", step: accepted };
  const { reason } = outcome;
  return { kind: "failed", reason, step: (one) => failed(one, reason) };
}

function attemptOf(error: unknown, now: number): Attempt {
  const reason = describeFailure(error);
  if (error instanceof TransientFailure) {
    return error.retryAfterMs === undefined
      ? { kind: "postponed", reason, step: (one, now) => postponed(one, reason, now) }
      : { kind: "paused", until: now + Math.min(error.retryAfterMs, LONGEST_PAUSE_MS) };
  }
  // RangeError: this notice cannot be written (a link, a time zone); it must not hold up the others.
  if (error instanceof PermanentFailure || error instanceof RangeError) {
    return { kind: "refused", reason, step: (one, now) => refused(one, reason, now) };
  }
  throw error;
}

/** Whether going on now makes no sense: the provider asked for a pause, does not answer, or refuses everything. */
async function mustStop({ store, clock, log }: SendNoticesDeps, wave: readonly Outcome[]): Promise<boolean> {
  const pauses = wave.flatMap((one) => (one.kind === "paused" ? [one.until] : []));
  const isRefused = wave.length > 1 && wave.every(({ kind }) => kind === "refused");
  if (isRefused) {
    log.event("notices.allRefused", { mails: wave.length });
    pauses.push(clock.now() + REFUSED_PAUSE_MS);
  }
  if (pauses.length > 0) await store.pauseUntil(Math.max(...pauses));
  return pauses.length > 0 || wave.every(({ kind }) => kind === "postponed");
}

function summary(outcomes: readonly Outcome[], lookAgainAt: number | undefined): NoticesRun {
  const isFailed = ({ kind, again }: Outcome) => kind === "failed" || (kind === "refused" && again === undefined);
  return {
    accepted: outcomes.filter(({ kind }) => kind === "accepted").length,
    failed: outcomes.filter(isFailed).length,
    postponed: outcomes.filter(({ again }) => again !== undefined).length,
    ...defined({ lookAgainAt }),
  };
}
