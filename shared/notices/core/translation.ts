// What a language must bring to write notices. `german.ts` and `english.ts` do.

import type { NoticeAppointment, NoticeKind } from "./notice.ts";

/** What a notice says besides the appointment. Links are capabilities: made when the mail is sent, never stored. */
export interface Surroundings {
  /** Where the customer can choose another time; absent where that is not possible. */
  readonly rescheduleUrl?: string;
  /** The organisation's maintenance calendar, to subscribe to. */
  readonly calendarUrl?: string;
  readonly supportEmail: string;
  readonly supportPhone?: string;
}

/** Texts ready to be put into sentences. */
export interface LetterTexts {
  readonly organisationName: string;
  readonly version: string;
  readonly previousVersion: string | undefined;
  /** E.g. "Saturday, 10 April 2027, 22:00". */
  readonly start: string;
  readonly end: string;
  readonly previousStart: string | undefined;
  /** About how long the system will be offline in between, e.g. "25 minutes"; absent when that is not known. */
  readonly offline: string | undefined;
  /** Why a hotfix cannot wait. */
  readonly reason: string | undefined;
  readonly isHotfix: boolean;
  /** Why a cancellation does not mean that all is well. */
  readonly because: NoticeAppointment["because"];
  /** How far ahead the start is when the mail is sent; absent where no word for it would be true. */
  readonly ahead: "week" | "day" | undefined;
}

export interface Link {
  readonly text: string;
  readonly url: string;
}

/** One mail, before it is written as plain text or HTML. */
export interface Letter {
  readonly subject: string;
  readonly greeting: string;
  /** Before the table of facts. */
  readonly opening: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly body: readonly string[];
  readonly links: readonly Link[];
  readonly closing: readonly string[];
}

export interface Translation {
  readonly language: "de" | "en";
  readonly weekdays: readonly string[];
  readonly months: readonly string[];
  date(day: number, month: string, year: number): string;
  time(clock: string): string;
  dateTime(date: string, clock: string): string;
  offsets(before: string, after: string): string;
  duration(hours: number, minutes: number): string;
  readonly greeting: string;
  readonly labels: Readonly<
    Record<"organisation" | "start" | "end" | "offline" | "zone" | "version" | "oldStart" | "wasOffline", string>
  >;
  readonly rescheduleLink: string;
  readonly calendarLink: string;
  subject(kind: NoticeKind, texts: LetterTexts & { readonly date: string }): string;
  opening(kind: NoticeKind, texts: LetterTexts): readonly string[];
  body(kind: NoticeKind, texts: LetterTexts, canReschedule: boolean, hasPhone: boolean): readonly string[];
  closing(surroundings: Surroundings): readonly string[];
  /** Under which a calendar program lists the subscribed calendar. */
  readonly calendarName: string;
  /** Of the calendar's event. */
  eventSummary(appointment: NoticeAppointment): string;
  eventDescription(texts: LetterTexts, zone: string): string;
}
