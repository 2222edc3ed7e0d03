import { describe, expect, test } from "vitest";
import { noticeComposer } from "../../../shared/customer-links/notice-composer.ts";
import { readLink } from "../../../shared/customer-links/signed-link.ts";
import { composeMail } from "../../../shared/notices/compose-mail.ts";
import { NOTICE_KINDS, type Notice } from "../../../shared/notices/core/notice.ts";
import { aNotice, BERLIN_NIGHT } from "../notices/support.ts";
import { DAY, HOUR, KEYS, NOON, SUPPORT } from "./support.ts";

const composer = noticeComposer({
  baseUrl: "https://operations.example/api/",
  keys: KEYS,
  supportAddress: SUPPORT.email,
  supportPhone: SUPPORT.phone,
  organizer: { name: "DocuWare Cloud Operations", email: SUPPORT.email },
});
const linksOf = (changes: Partial<Notice>, now = NOON) =>
  composer.surroundings(aNotice({ canReschedule: true, ...changes }), now);
const tokenIn = (url: string | undefined) => url?.split("=").at(-1) ?? "";

describe("links of a notice", () => {
  test("say what they are for, for this revision, and until when", () => {
    const { rescheduleUrl, calendarUrl, ...support } = linksOf({ sequence: 3 });
    expect(support).toEqual({ supportEmail: SUPPORT.email, supportPhone: SUPPORT.phone });
    expect(rescheduleUrl).toMatch(/^https:\/\/operations\.example\/api\/reschedule\?token=[\w.-]+$/u);
    expect(calendarUrl).toMatch(/^https:\/\/operations\.example\/api\/calendar\?token=[\w.-]+$/u);
    expect(readLink(KEYS, tokenIn(rescheduleUrl), "reschedule", NOON)).toMatchObject({
      value: { campaignId: "c-1", organisationId: "alpine-foods", sequence: 3, expiresAt: BERLIN_NIGHT.start - DAY },
    });
    expect(readLink(KEYS, tokenIn(calendarUrl), "calendar", BERLIN_NIGHT.end + 700 * DAY)).toMatchObject({ ok: true });
  });

  test("to reschedule stand only where an appointment may be moved", () => {
    const movable = NOTICE_KINDS.filter((kind) => linksOf({ kind }).rescheduleUrl !== undefined);
    expect(movable).toEqual(["announcement", "reminder7", "reminder1", "change"]);
    expect(linksOf({ canReschedule: false }).rescheduleUrl).toBeUndefined();
    const { canReschedule: _, ...silent } = aNotice();
    expect(composer.surroundings(silent, NOON).rescheduleUrl).toBeUndefined();
  });

  test("that would end within the hour are left out, and the mail says that the time is fixed", () => {
    const lastCall = BERLIN_NIGHT.start - DAY - HOUR;
    expect(linksOf({}, lastCall).rescheduleUrl).toBeDefined();
    const late = composeMail(aNotice({ canReschedule: true, kind: "reminder1" }), composer, lastCall + 1);
    expect(late.text).toContain("lässt sich online nicht mehr ändern");
    expect(late.text).not.toContain("/reschedule?");
  });
});
