import ICAL from "ical.js";
import { describe, expect, test } from "vitest";
import { customerLinkEndpoints } from "../../../functions/http/customer-links.ts";
import type { CalendarDeps, FeedAppointment } from "../../../shared/customer-links/calendar.ts";
import { signLink } from "../../../shared/customer-links/signed-link.ts";
import { calendarFile, calendarUid } from "../../../shared/notices/core/calendar.ts";
import { firstInstant, parseWall } from "../../../shared/kernel/time/wall-time.ts";
import { aNotice, BERLIN_NIGHT, COMPOSER } from "../notices/support.ts";
import { callEndpoint, endpointOf } from "../../support/call.ts";
import { DAY, HOUR, KEYS, linkVerbs, NOON, tokenOf } from "./support.ts";

const ORGANISATION = "alpine-foods";
const token = (expiresAt = NOON + DAY) =>
  signLink(KEYS, { purpose: "calendar", organisationId: ORGANISATION, expiresAt });

function createFeed(appointments: readonly FeedAppointment[] = []) {
  const state = { now: NOON, appointments, asked: [] as string[] };
  const deps: CalendarDeps = {
    keys: KEYS,
    clock: { now: () => state.now },
    appointmentsOf: async (organisationId) => {
      state.asked.push(organisationId);
      return state.appointments;
    },
    organisationOf: async (organisationId) => (organisationId === ORGANISATION ? { language: "de" } : undefined),
  };
  const endpoint = endpointOf(customerLinkEndpoints(linkVerbs(deps)), "get-calendar");
  const get = (of = token(), headers: Record<string, string> = {}) =>
    callEndpoint(endpoint, { query: { token: of }, headers, hasToken: false });
  return { state, get };
}

const one = (changes: Partial<FeedAppointment> = {}): FeedAppointment => ({
  campaignId: "c-1",
  sequence: 2,
  status: "confirmed",
  appointment: BERLIN_NIGHT,
  ...changes,
});

describe("the maintenance calendar", () => {
  test("publishes the organisation's appointments under the UIDs of the mails", async () => {
    const { get, state } = createFeed([one(), one({ campaignId: "c-0", sequence: 3, status: "cancelled" })]);
    const answer = await get();
    expect([answer.status, state.asked]).toEqual([200, [ORGANISATION]]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/calendar; charset=utf-8",
      "cache-control": "private, max-age=3600",
      "content-disposition": 'attachment; filename="docuware-maintenance.ics"',
      "x-content-type-options": "nosniff",
    });
    const calendar = new ICAL.Component(ICAL.parse(answer.body));
    expect(calendar.getFirstPropertyValue("method")).toBe("PUBLISH");
    expect(answer.body).toContain("\r\nNAME:DocuWare-Wartung\r\n");
    expect(answer.body).toContain("REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n");
    const events = calendar.getAllSubcomponents("vevent").map((component) => {
      const { uid, sequence, summary, attendees } = new ICAL.Event(component);
      return { uid, sequence, summary, attendees, status: component.getFirstPropertyValue("status") };
    });
    const summary = "DocuWare-Update auf 7.13.0.1: System zeitweise offline";
    const uid = (campaignId: string) => calendarUid({ campaignId, organisationId: ORGANISATION });
    expect(events).toEqual([
      { uid: uid("c-1"), sequence: 2, summary, attendees: [], status: "CONFIRMED" },
      { uid: uid("c-0"), sequence: 3, summary, attendees: [], status: "CANCELLED" },
    ]);
  });

  test("is not sent again while nothing has changed", async () => {
    const { get, state } = createFeed([one()]);
    const first = await get();
    const etag = first.headers.get("etag") ?? "";
    state.now += HOUR;
    for (const known of [etag, `"other", ${etag}`, etag.replace("W/", ""), "*"]) {
      const again = await get(token(), { "if-none-match": known });
      expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    state.appointments = [one({ sequence: 3 })];
    expect((await get(token(), { "if-none-match": etag })).status).toBe(200);
  });

  test.each([
    ["expired", token(NOON), 410, "linkExpired"],
    ["altered", `${token().slice(0, -1)}${token().endsWith("A") ? "B" : "A"}`, 404, "linkUnknown"],
    ["for rescheduling", tokenOf(), 404, "linkUnknown"],
    [
      "of an organisation that has left",
      signLink(KEYS, { purpose: "calendar", organisationId: "gone", expiresAt: NOON + DAY }),
      404,
      "linkUnknown",
    ],
  ])("by a link that is %s says so and reads nothing", async (_, link, status, code) => {
    const { get, state } = createFeed([one()]);
    expect(await get(link)).toMatchObject({ status, json: { code } });
    expect(state.asked).toEqual([]);
  });
});

describe("a start that the clocks jump over", () => {
  // Announced for 02:30 in the night when Berlin's clocks go from 02:00 to 03:00.
  const start = firstInstant(parseWall("2027-03-28T02:30"), "Europe/Berlin");
  const appointment = { ...BERLIN_NIGHT, start, end: start + 2 * HOUR };

  test("stands in feed and mail at the wall time of its instant", async () => {
    const feed = (await createFeed([one({ appointment })]).get()).body;
    const mail = new TextDecoder().decode(calendarFile(aNotice({ appointment }), COMPOSER.organizer, NOON)?.content);
    for (const text of [feed, mail]) {
      expect(text).toContain("DTSTART;TZID=Europe/Berlin:20270328T030000\r\n");
      expect(text).toContain("DTEND;TZID=Europe/Berlin:20270328T050000\r\n");
    }
  });
});
