// Calendar files, read back by ical.js, which shares no code with what wrote them.

import ICAL from "ical.js";
import { describe, expect, test } from "vitest";
import { calendarFeed, calendarFile, calendarUid } from "../../../shared/notices/core/calendar.ts";
import { NOTICE_KINDS, type NoticeAppointment, type Notice } from "../../../shared/notices/core/notice.ts";
import { aNotice, BERLIN_NIGHT, COMPOSER, DAY, HOUR, NOON } from "./support.ts";

const written = (changes: Partial<Notice> = {}): string => {
  const file = calendarFile(aNotice(changes), COMPOSER.organizer, NOON);
  if (file === undefined) throw new Error("This notice has no calendar file.");
  return new TextDecoder().decode(file.content);
};

function read(text: string) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const zones = calendar.getAllSubcomponents("vtimezone").map((zone) => new ICAL.Timezone(zone));
  const events = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    for (const time of [event.startDate, event.endDate]) {
      // A TZID without its VTIMEZONE would be read as floating: then the instants below are wrong.
      const zone = zones.find(({ tzid }) => tzid === time.zone?.tzid);
      if (zone !== undefined) time.zone = zone;
    }
    return {
      uid: event.uid,
      sequence: event.sequence,
      start: event.startDate.toUnixTime() * 1000,
      end: event.endDate.toUnixTime() * 1000,
      tzid: String(component.getFirstProperty("dtstart")?.getParameter("tzid")),
      status: component.getFirstPropertyValue("status"),
      stamp: String(component.getFirstPropertyValue("dtstamp")),
      summary: event.summary,
      description: event.description,
      organizer: event.organizer,
      attendees: event.attendees.map((one) => String(one.getFirstValue()).toLowerCase()),
      hasMethod: component.hasProperty("method"),
    };
  });
  return { method: calendar.getFirstPropertyValue("method"), zones: zones.map(({ tzid }) => tzid), events };
}

const at = (timeZone: string, start: number, end: number): NoticeAppointment => ({
  ...BERLIN_NIGHT,
  timeZone,
  start,
  end,
});

/** Changes of a zone's clocks, found by Intl alone, to the hour. */
function clockChanges(zone: string, from: number, until: number): readonly number[] {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const offset = (instant: number) => format.formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value;
  const changes: number[] = [];
  for (let day = from; day < until; day += DAY) {
    if (offset(day) === offset(day + DAY)) continue;
    for (let hour = day; hour < day + DAY; hour += HOUR) if (offset(hour) !== offset(hour + HOUR)) changes.push(hour);
  }
  return changes;
}

describe("instants", () => {
  test("are the same when read back, in all zones, around all changes of the clocks in two years", () => {
    const [from, until] = [Date.UTC(2026, 10, 1), Date.UTC(2028, 10, 1)];
    let changesSeen = 0;
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      const changes = clockChanges(zone, from, until);
      changesSeen += changes.length;
      const starts = [
        NOON,
        ...changes.flatMap((change) => [change - 3 * HOUR, change, change + HOUR / 2, change + DAY]),
      ];
      for (const start of starts) {
        const end = start + 4.5 * HOUR;
        const [event] = read(written({ appointment: at(zone, start, end) })).events;
        expect({ zone, start: event?.start, end: event?.end }).toEqual({ zone, start, end });
      }
    }
    expect(changesSeen).toBeGreaterThan(400);
  }, 60_000);

  test("are written as wall time with their zone, so that the customer's calendar shows the announced time", () => {
    const text = written();
    expect(text).toContain("DTSTART;TZID=Europe/Berlin:20270410T220000\r\n");
    expect(text).toContain("DTEND;TZID=Europe/Berlin:20270411T023000\r\n");
    expect(read(text)).toMatchObject({ zones: ["Europe/Berlin"], events: [{ tzid: "Europe/Berlin" }] });
  });

  test("in the second of a doubled hour are written in UTC: a wall time would mean the first", () => {
    const end = Date.UTC(2027, 9, 31, 1, 30);
    const text = written({ appointment: at("Europe/Berlin", end - HOUR, end) });
    expect(text).toContain("DTEND:20271031T013000Z\r\n");
    expect(read(text).events[0]).toMatchObject({ start: end - HOUR, end });
  });
});

describe("RFC 5546", () => {
  test("announcement, change and cancellation are one event with a rising SEQUENCE; at the end it is cancelled", () => {
    const moved = { ...BERLIN_NIGHT, start: BERLIN_NIGHT.start + 7 * DAY, end: BERLIN_NIGHT.end + 7 * DAY };
    const files = [
      read(written()),
      read(written({ kind: "reminder7" })),
      read(written({ kind: "change", sequence: 1, appointment: moved })),
      read(written({ kind: "cancellation", sequence: 2, appointment: moved })),
    ];
    expect(files.map(({ method }) => method)).toEqual(["REQUEST", "REQUEST", "REQUEST", "CANCEL"]);
    const events = files.map(({ events }) => events[0]);
    expect(new Set(events.map((event) => event?.uid))).toEqual(new Set([calendarUid(aNotice())]));
    expect(events.map((event) => event?.sequence)).toEqual([0, 0, 1, 2]);
    expect(events.map((event) => event?.status)).toEqual(["CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED"]);
    for (const event of events) {
      expect(event).toMatchObject({
        stamp: "2027-02-01T12:00:00Z",
        organizer: "mailto:support@docuware.example",
        attendees: ["mailto:it@alpine.example"],
        hasMethod: false,
      });
    }
  });

  test("the attachment's method equals the calendar's", () => {
    const types = NOTICE_KINDS.map((kind) => calendarFile(aNotice({ kind }), COMPOSER.organizer, NOON)?.contentType);
    const [request, cancel] = ["REQUEST", "CANCEL"].map((name) => `text/calendar; method=${name}; charset=UTF-8`);
    expect(types).toEqual([request, request, request, request, request, cancel, undefined, undefined]);
  });

  test("another organisation, or another campaign, is another event", () => {
    const of = (campaignId: string, organisationId: string) => calendarUid({ campaignId, organisationId });
    expect(new Set([of("c-1", "one"), of("c-1", "two"), of("c-2", "one")]).size).toBe(3);
  });

  test("a feed publishes all events without attendees and says when to ask again", () => {
    const feed = calendarFeed(
      [
        { ...aNotice(), isCancelled: false },
        { ...aNotice({ campaignId: "c-2", appointment: at("UTC", NOON, NOON + HOUR) }), isCancelled: true },
      ],
      "en",
      NOON,
    );
    expect(feed).toContain("\r\nX-WR-CALNAME:DocuWare maintenance\r\n");
    expect(feed).toContain("REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n");
    expect(read(feed)).toMatchObject({
      method: "PUBLISH",
      events: [
        { status: "CONFIRMED", attendees: [], start: BERLIN_NIGHT.start },
        { status: "CANCELLED", attendees: [], start: NOON, end: NOON + HOUR },
      ],
    });
    expect(read(calendarFeed([], "de", NOON)).events).toEqual([]);
  });
});

describe("RFC 5545", () => {
  const organisationName = `Größe; Co, KG \\ "Söhne"\r\nX-EVIL:1 ${"日本語🙂".repeat(30)}`;

  test("every line ends with CRLF and has at most 75 octets, no character is cut", () => {
    const text = written({ appointment: { ...BERLIN_NIGHT, organisationName } });
    expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/u);
    const lines = text.split("\r\n");
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
    expect(text.isWellFormed()).toBe(true);
    expect(lines.filter((line) => line.startsWith("X-EVIL"))).toEqual([]);
  });

  test("what is escaped and folded is read back as it was, in one line", () => {
    const [event] = read(written({ appointment: { ...BERLIN_NIGHT, organisationName } })).events;
    expect(event?.description).toContain(organisationName.replace("\r\n", " "));
    expect(event?.summary).toBe("DocuWare-Update auf 7.13.0.1: System zeitweise offline");
  });
});
