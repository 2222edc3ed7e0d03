// Timer: sends the mails of incidents that could not be sent at once, gravest first. Safe to run twice, at once, and
// after a crash at any point. Of several runs at once one sends: each would count the same refusal, and pause for longer.

import { MINUTE_MS } from "../kernel/time/durations.ts";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import { sendIncidentMail, type MailAttempt, type MailDeps } from "./send-mail.ts";
import type { PendingMail } from "./store.ts";

export interface SendMailsLimits {
  /** No further mails are begun after this many milliseconds. */
  readonly runMs: number;
  readonly atOnce: number;
  readonly most: number;
  /** Milliseconds for one mail. */
  readonly timeoutMs: number;
}

/** Renewed before each wave. A wave that takes longer may be overtaken: the same mail has the same id. */
const LEASE_MS = 45_000;

export const SEND_MAILS_LIMITS: SendMailsLimits = { runMs: 120_000, atOnce: 5, most: 200, timeoutMs: MINUTE_MS };

export interface SendMailsRun {
  readonly accepted: number;
  readonly postponed: number;
  readonly refused: number;
  /** Due, but left for the next run. */
  readonly left: number;
}

/**
 * A run ends early when the service does not answer or asks for a pause, or refuses a whole wave: more of the same would
 * not help. Throws the first failure of storage, after all of its wave were tried.
 */
export async function sendIncidentMails(
  deps: MailDeps,
  limits: SendMailsLimits = SEND_MAILS_LIMITS,
): Promise<SendMailsRun> {
  const startedAt = deps.clock.now();
  const lease = await deps.store.takeSender(startedAt, startedAt + LEASE_MS);
  if (lease.kind === "held") return { accepted: 0, postponed: 0, refused: 0, left: 0 };
  const run = await sendWaves(deps, limits, () => lease.renew(deps.clock.now() + LEASE_MS));
  await lease.release();
  return run;
}

async function sendWaves(
  deps: MailDeps,
  limits: SendMailsLimits,
  isStillOurs: () => Promise<boolean>,
): Promise<SendMailsRun> {
  const endAt = deps.clock.now() + limits.runMs;
  const due = await deps.store.pending(deps.clock.now());
  const attempts: (MailAttempt | "gone")[] = [];
  let tried = 0;
  while (tried < Math.min(due.length, limits.most) && deps.clock.now() < endAt) {
    const wave = due.slice(tried, Math.min(tried + limits.atOnce, limits.most));
    tried += wave.length;
    const done = await mapConcurrently(wave, limits.atOnce, (one) => sendOne(deps, one, limits.timeoutMs));
    attempts.push(...done);
    if (done.includes("postponed") || done.every((one) => one === "refused")) break;
    if (!(await isStillOurs())) break;
  }
  const count = (kind: MailAttempt): number => attempts.filter((one) => one === kind).length;
  return {
    accepted: count("accepted"),
    postponed: count("postponed"),
    refused: count("refused"),
    left: due.length - tried,
  };
}

async function sendOne(deps: MailDeps, due: PendingMail, timeoutMs: number) {
  const stored = await deps.store.readPending(due);
  return stored?.incident.mail.status === "pending" ? sendIncidentMail(deps, stored, timeoutMs) : "gone";
}
