// The mail provider: takes each operation id once, counts in exact sliding windows, answers 429 beyond its quota, and
// keeps what it took as the evidence of the simulation, read from the mails themselves.

import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { checkMail, type Mail, type MailOutcome, type Mailer } from "../../../shared/platform/mail/mail.ts";

export interface Taken {
  readonly operationId: string;
  readonly at: number;
  readonly to: readonly string[];
  /** Of the calendar file; absent for mails that tell no date. */
  readonly event?: CalendarEvent | undefined;
  readonly bounced: Set<string>;
  /** When the last recipient bounced. */
  bouncedAt: number;
}

export interface CalendarEvent {
  readonly uid: string;
  readonly sequence: number;
  readonly method: string;
  /** Wall time as `YYYYMMDDTHHMMSS`, with a Z when it is UTC. */
  readonly start: string;
}

export interface SimMailer extends Mailer {
  readonly taken: ReadonlyMap<string, Taken>;
  /** Of the event with this UID, in the order in which they were taken. */
  about(uid: string): readonly Taken[];
  /** The next new mails to this address are taken and then fail. */
  failNext(address: string): void;
  /** Answers 429 so many times. */
  beBusy(times: number): void;
  readonly overQuota: number;
}

export interface MailQuota {
  readonly perMinute: number;
  readonly perHour: number;
}

const MINUTE_MS = 60_000;

export function simMailer(options: { readonly now: () => number; readonly quota: MailQuota }): SimMailer {
  const { now, quota } = options;
  const outcomes = new Map<string, MailOutcome>();
  const taken = new Map<string, Taken>();
  const byUid = new Map<string, Taken[]>();
  const failing = new Set<string>();
  const sentAt: number[] = [];
  let busy = 0;
  let overQuota = 0;
  const since = (ms: number): number => {
    let count = 0;
    while (count < sentAt.length && (sentAt[sentAt.length - 1 - count] ?? 0) > now() - ms) count += 1;
    return count;
  };
  const take = (mail: Mail): MailOutcome => {
    const failure = mail.to.find((address) => failing.delete(address));
    if (failure !== undefined) return { kind: "failed", reason: "injected: no such mailbox" };
    const event = eventOf(mail);
    const one: Taken = {
      operationId: mail.operationId,
      at: now(),
      to: mail.to,
      event,
      bounced: new Set(),
      bouncedAt: 0,
    };
    taken.set(mail.operationId, one);
    if (event !== undefined) byUid.set(event.uid, [...(byUid.get(event.uid) ?? []), one]);
    return { kind: "sent" };
  };
  return {
    taken,
    about: (uid) => byUid.get(uid) ?? [],
    failNext: (address) => void failing.add(address),
    beBusy: (times) => void (busy += times),
    get overQuota() {
      return overQuota;
    },
    async send(mail) {
      checkMail(mail);
      const known = outcomes.get(mail.operationId);
      if (known !== undefined) return known;
      if (busy > 0) {
        busy -= 1;
        throw new TransientFailure("429", { retryAfterMs: 90_000 });
      }
      if (since(MINUTE_MS) >= quota.perMinute || since(60 * MINUTE_MS) >= quota.perHour) {
        overQuota += 1;
        throw new TransientFailure("429", { retryAfterMs: MINUTE_MS });
      }
      sentAt.push(now());
      const outcome = take(mail);
      outcomes.set(mail.operationId, outcome);
      return outcome;
    },
  };
}

/** Read by hand, line by line: RFC 5545 folds lines with a break and a space. */
function eventOf({ attachments }: Mail): CalendarEvent | undefined {
  const file = attachments?.[0];
  if (file === undefined) return undefined;
  const lines = new TextDecoder()
    .decode(file.content)
    .replaceAll(/\r\n[ \t]/g, "")
    .split("\r\n");
  const event = lines.slice(lines.indexOf("BEGIN:VEVENT"));
  const value = (name: string, from: readonly string[]): string => {
    const line = from.find((one) => one.startsWith(`${name}:`) || one.startsWith(`${name};`)) ?? "";
    return line.slice(line.lastIndexOf(":") + 1);
  };
  return {
    uid: value("UID", event),
    sequence: Number(value("SEQUENCE", event)),
    method: value("METHOD", lines),
    start: value("DTSTART", event),
  };
}
