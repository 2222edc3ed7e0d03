// Calendar files of an appointment by RFC 5545 and 5546: the UID stays for ever, SEQUENCE rises with each change and
// cancellation, METHOD is the calendar's.

import ical, {
  ICalAttendeeRole,
  ICalAttendeeStatus,
  ICalCalendarMethod,
  ICalEventBusyStatus,
  ICalEventStatus,
  ICalEventTransparency,
  type ICalEventData,
} from "ical-generator";
import { zoned } from "../../kernel/time/wall-time.ts";
import type { NoticeAppointment, Notice } from "./notice.ts";
import { zoneText } from "./local-time.ts";
import { letterTexts, translationOf } from "./texts.ts";
import { vtimezone } from "./vtimezone.ts";

export type CalendarNotice = Pick<
  Notice,
  "campaignId" | "organisationId" | "sequence" | "language" | "appointment" | "recipients" | "kind"
>;

export interface Organizer {
  readonly name: string;
  readonly email: string;
}

export interface CalendarFile {
  readonly name: string;
  /** Its `method` equals the calendar's METHOD (RFC 6047), else Outlook refuses the file. */
  readonly contentType: string;
  readonly content: Uint8Array;
}

const PRODUCT = { company: "DocuWare", product: "Cloud Operations", language: "EN" };
/** How often a subscriber should ask again. */
const FEED_REFRESH_SECONDS = 6 * 3600;

/** The same for all notices of one organisation in one campaign. */
export const calendarUid = (of: Pick<Notice, "campaignId" | "organisationId">): string =>
  `${of.campaignId}.${of.organisationId}@upgrades.docuware.cloud`;

/**
 * The invitation (METHOD REQUEST) or, for a cancellation, its end (METHOD CANCEL); undefined for completion and
 * rollBack. `now` is the creation time of this file.
 */
export function calendarFile(notice: CalendarNotice, organizer: Organizer, now: number): CalendarFile | undefined {
  if (notice.kind === "completion" || notice.kind === "rollBack") return undefined;
  const isCancelled = notice.kind === "cancellation";
  const method = isCancelled ? ICalCalendarMethod.CANCEL : ICalCalendarMethod.REQUEST;
  const content = write(method, [
    {
      ...eventOf({ ...notice, isCancelled }, now),
      organizer,
      attendees: notice.recipients.map((email) => ({
        email,
        role: ICalAttendeeRole.OPT,
        status: ICalAttendeeStatus.NEEDSACTION,
        rsvp: false,
      })),
    },
  ]);
  return {
    name: "docuware-update.ics",
    contentType: `text/calendar; method=${method}; charset=UTF-8`,
    content: new TextEncoder().encode(content),
  };
}

export interface FeedEvent extends Pick<
  Notice,
  "campaignId" | "organisationId" | "sequence" | "language" | "appointment"
> {
  readonly isCancelled: boolean;
}

/** All appointments of an organisation, to subscribe to (METHOD PUBLISH, without attendees). */
export const calendarFeed = (events: readonly FeedEvent[], language: Notice["language"], now: number): string =>
  write(
    ICalCalendarMethod.PUBLISH,
    events.map((event) => eventOf(event, now)),
    { ttl: FEED_REFRESH_SECONDS, name: translationOf(language).calendarName },
  );

type EventData = ICalEventData & { readonly appointment: NoticeAppointment };

function eventOf(event: FeedEvent, now: number): EventData {
  const { appointment, isCancelled } = event;
  const { start, end, timeZone } = appointment;
  const words = translationOf(event.language);
  return {
    appointment,
    id: calendarUid(event),
    sequence: event.sequence,
    stamp: new Date(now),
    start: zoned(start, timeZone),
    end: zoned(end, timeZone),
    // A wall time that comes twice means the first by RFC 5545, but not to all readers (ical.js): then in UTC.
    ...(comesOnce(start, timeZone) && comesOnce(end, timeZone) ? { timezone: timeZone } : {}),
    summary: words.eventSummary(appointment),
    description: words.eventDescription(letterTexts(appointment, words), zoneText(start, end, timeZone, words)),
    status: isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    // The system is offline, not the reader: the time stays free in their calendar.
    transparency: ICalEventTransparency.TRANSPARENT,
    busystatus: ICalEventBusyStatus.FREE,
  };
}

function comesOnce(instant: number, timeZone: string): boolean {
  const wall = zoned(instant, timeZone).toPlainDateTime();
  const readings = (["earlier", "later"] as const).map((disambiguation) =>
    wall.toZonedDateTime(timeZone, { disambiguation }),
  );
  return readings.every(({ epochMilliseconds }) => epochMilliseconds === instant);
}

function write(
  method: ICalCalendarMethod,
  events: readonly EventData[],
  feed: { readonly ttl?: number; readonly name?: string } = {},
): string {
  const calendar = ical({
    prodId: PRODUCT,
    method,
    timezone: { name: null, generator: (zone) => zoneOf(zone, events) },
    ...feed,
  });
  for (const { appointment: _, ...event } of events) calendar.createEvent(event);
  return `${calendar.toString()}\r\n`;
}

/** One VTIMEZONE per zone must cover all its events. */
function zoneOf(zone: string, events: readonly EventData[]): string {
  const inside = events.map(({ appointment }) => appointment).filter(({ timeZone }) => timeZone === zone);
  const start = inside.reduce((least, one) => Math.min(least, one.start), Infinity);
  const end = inside.reduce((most, one) => Math.max(most, one.end), -Infinity);
  return vtimezone(zone, start, end);
}
