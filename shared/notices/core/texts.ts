// The mail of a notice: subject, plain text and HTML, in the customer's language and wall time.

import { layOutMail, type MailBlock, type MailBody } from "../../kernel/mail-layout.ts";
import { DAY_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import type { NoticeAppointment, Notice } from "./notice.ts";
import { english } from "./english.ts";
import { german } from "./german.ts";
import { WEEK_FROM_MS } from "./late.ts";
import { localDate, localDateTime, localEnd, zoneText } from "./local-time.ts";
import type { Letter, Surroundings, LetterTexts, Translation } from "./translation.ts";

export type TextNotice = Pick<Notice, "kind" | "language" | "appointment">;

/** Throws RangeError for a link that is none of http or https: it must not get into a mail. */
export function noticeText(notice: TextNotice, surroundings: Surroundings, now: number): MailBody {
  for (const url of [surroundings.rescheduleUrl, surroundings.calendarUrl]) {
    if (url !== undefined && !/^https?:\/\/[^\s<>"]+$/.test(url)) {
      throw new RangeError("A link in a notice must be an http or https address without spaces.");
    }
  }
  const words = translationOf(notice.language);
  const letter = letterOf(notice, words, surroundings, now);
  const paragraphs = (texts: readonly string[]): readonly MailBlock[] =>
    texts.map((text) => ({ kind: "paragraph", text }));
  return layOutMail(letter.subject, words.language, [
    ...paragraphs([letter.greeting, ...letter.opening]),
    { kind: "facts", facts: letter.facts, areStrong: true },
    ...paragraphs(letter.body),
    ...letter.links.map(({ text, url }) => ({ kind: "link", label: text, url }) as const),
    ...paragraphs(letter.closing),
  ]);
}

export const translationOf = (language: Notice["language"]): Translation => (language === "de" ? german : english);

/** The appointment in words. */
export function letterTexts(appointment: NoticeAppointment, words: Translation): LetterTexts {
  const { start, end, timeZone, previousStart, offlineMs, reason } = appointment;
  return {
    organisationName: oneLine(appointment.organisationName),
    version: appointment.version,
    previousVersion: appointment.previousVersion,
    start: localDateTime(start, timeZone, words),
    end: localEnd(start, end, timeZone, words),
    previousStart: previousStart === undefined ? undefined : localDateTime(previousStart, timeZone, words),
    offline: offlineMs === undefined ? undefined : about(offlineMs, words),
    reason: reason === undefined ? undefined : oneLine(reason),
    isHotfix: appointment.work === "hotfix",
    because: appointment.because,
    ahead: undefined,
  };
}

/** By the time left, not by the kind: a mail may be late. */
const aheadOf = (leftMs: number): LetterTexts["ahead"] => {
  if (leftMs >= WEEK_FROM_MS && leftMs <= 9 * DAY_MS) return "week";
  return leftMs >= 0.75 * DAY_MS && leftMs <= 1.5 * DAY_MS ? "day" : undefined;
};

/** An estimate: from ten minutes on in steps of five, from two hours on of fifteen. */
function about(ms: number, words: Translation): string {
  const minutes = Math.max(1, Math.ceil(ms / MINUTE_MS));
  const step = minutes > 120 ? 15 : minutes > 10 ? 5 : 1;
  const rounded = Math.ceil(minutes / step) * step;
  return words.duration(Math.floor(rounded / 60), rounded % 60);
}

function letterOf(
  { kind, appointment }: TextNotice,
  words: Translation,
  surroundings: Surroundings,
  now: number,
): Letter {
  const says = { ...letterTexts(appointment, words), ahead: aheadOf(appointment.start - now) };
  const { start, timeZone } = appointment;
  const isAhead = kind !== "cancellation" && kind !== "completion" && kind !== "rollBack";
  const rescheduleUrl = isAhead && kind !== "hotfix" ? surroundings.rescheduleUrl : undefined;
  const { calendarUrl } = surroundings;
  return {
    subject: words.subject(kind, { ...says, date: localDate(start, timeZone, words) }),
    greeting: words.greeting,
    opening: words.opening(kind, says),
    facts: factsOf(kind, appointment, says, words),
    body: words.body(kind, says, rescheduleUrl !== undefined, surroundings.supportPhone !== undefined),
    links: [
      ...(rescheduleUrl === undefined ? [] : [{ text: words.rescheduleLink, url: rescheduleUrl }]),
      ...(isAhead && calendarUrl !== undefined ? [{ text: words.calendarLink, url: calendarUrl }] : []),
    ],
    closing: words.closing(surroundings),
  };
}

function factsOf(
  kind: Notice["kind"],
  appointment: NoticeAppointment,
  says: LetterTexts,
  words: Translation,
): Letter["facts"] {
  const { labels } = words;
  const zone = [labels.zone, zoneText(appointment.start, appointment.end, appointment.timeZone, words)] as const;
  const organisation = [labels.organisation, says.organisationName] as const;
  switch (kind) {
    case "announcement":
    case "hotfix":
    case "reminder7":
    case "reminder1":
    case "change":
      return [
        organisation,
        [labels.start, says.start],
        [labels.end, says.end],
        ...(says.offline === undefined ? [] : [[labels.offline, says.offline] as const]),
        zone,
        [labels.version, says.version],
        ...(kind === "change" && says.previousStart !== undefined
          ? [[labels.oldStart, says.previousStart] as const]
          : []),
      ];
    case "cancellation":
      return [organisation, [labels.oldStart, says.start], zone];
    case "completion":
    case "rollBack":
      return [organisation, [labels.wasOffline, `${says.start} – ${says.end}`], zone];
  }
}

/** Names come from outside: no line breaks or other control characters in mails and calendars. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
