import { describe, expect, test } from "vitest";
import { NOTICE_KINDS, type NoticeAppointment } from "../../../shared/notices/core/notice.ts";
import { noticeText as noticeTextAt, type TextNotice } from "../../../shared/notices/core/texts.ts";
import { BERLIN_NIGHT, DAY, HOUR } from "./support.ts";

const SURROUNDINGS = {
  rescheduleUrl: "https://operations.example/api/reschedule/abc?x=1&y=2",
  calendarUrl: "https://operations.example/api/calendars/abc.ics",
  supportEmail: "support@docuware.example",
  supportPhone: "+49 89 0000000",
};
/** Sent in time. */
const noticeText = (notice: TextNotice, surroundings: Parameters<typeof noticeTextAt>[1]) =>
  noticeTextAt(notice, surroundings, notice.appointment.start - (notice.kind === "reminder1" ? 1 : 7) * DAY);
const LANGUAGES = ["de", "en"] as const;
const REASONS = {
  de: "Ein Fehler der vorigen Version kann dazu führen, dass abgelegte Dokumente nicht gefunden werden.",
  en: "A fault of the previous version may keep stored documents from being found.",
};
const text = (appointment: Partial<NoticeAppointment>, language: "de" | "en" = "en") =>
  noticeText({ kind: "announcement", language, appointment: { ...BERLIN_NIGHT, ...appointment } }, SURROUNDINGS).text;

describe.each(NOTICE_KINDS)("%s", (kind) => {
  test.each(LANGUAGES)("reads like its fixture (%s)", async (language) => {
    const mail = noticeText(
      { kind, language, appointment: { ...BERLIN_NIGHT, reason: REASONS[language] } },
      SURROUNDINGS,
    );
    await expect(`${mail.subject}\n\n${mail.text}`).toMatchFileSnapshot(`fixtures/${kind}.${language}.txt`);
    await expect(mail.html).toMatchFileSnapshot(`fixtures/${kind}.${language}.html.txt`);
    expect(mail.subject.length).toBeLessThanOrEqual(60);
  });

  test.each(LANGUAGES)("HTML says what the plain text says, and loads nothing (%s)", (language) => {
    const mail = noticeText(
      { kind, language, appointment: { ...BERLIN_NIGHT, reason: REASONS[language] } },
      SURROUNDINGS,
    );
    const squeeze = (value: string) => value.replaceAll(/[\s:]+/gu, "");
    const plain = squeeze(mail.text.replaceAll(/https:\S+/gu, ""));
    const body = mail.html.slice(mail.html.indexOf("<body"));
    const shown = squeeze(
      body
        .replaceAll(/<[^>]+>/gu, "")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&"),
    );
    expect(shown).toBe(plain);
    expect(mail.html).not.toMatch(/<(?:img|link|script|style|iframe)|src=|url\(/iu);
    expect(mail.html).toContain("Müller &amp; Söhne &lt;GmbH&gt;");
  });
});

describe("wall times", () => {
  test("are those of the organisation's zone", () => {
    expect(text({ timeZone: "America/New_York" })).toContain("Saturday, 10 April 2027, 16:00");
    expect(text({ timeZone: "Asia/Kolkata" })).toContain("Asia/Kolkata (UTC+05:30)");
    expect(text({ timeZone: "Asia/Kolkata" }, "de")).toContain("Sonntag, 11. April 2027, 01:30 Uhr");
  });

  test("name both offsets when the clocks change in between", () => {
    const night = { start: Date.UTC(2027, 2, 27, 23), end: Date.UTC(2027, 2, 28, 2, 1) };
    const says = text(night);
    expect(says).toContain("Sunday, 28 March 2027, 00:00");
    expect(says).toMatch(/and: +04:01$/mu);
    expect(says).toContain("(UTC+01:00, and UTC+02:00 at the end because the clocks change)");
  });
});

describe("how long the system will be offline", () => {
  test.each([
    [0, "1 minute"],
    [60_000, "1 minute"],
    [4 * 60_000 - 1, "4 minutes"],
    [11 * 60_000, "15 minutes"],
    [23 * 60_000, "25 minutes"],
    [61 * 60_000, "1 hour and 5 minutes"],
    [121 * 60_000, "2 hours and 15 minutes"],
  ])("%i ms are about %s, whatever the window", (offlineMs, expected) => {
    expect(text({ offlineMs })).toContain(`will be offline once, for about ${expected}:`);
  });

  test("is not made up when it is not known", () => {
    const { offlineMs: _, ...unknown } = BERLIN_NIGHT;
    const says = noticeText({ kind: "announcement", language: "en", appointment: unknown }, SURROUNDINGS).text;
    expect(says).toContain("will be offline once, for a while:");
    expect(says).not.toContain("Offline about");
  });
});

test("a hotfix claims nothing that its campaign does not say", () => {
  const says = noticeText({ kind: "hotfix", language: "de", appointment: BERLIN_NIGHT }, SURROUNDINGS).text;
  expect(says).not.toMatch(/Sicherheit|gefährdet/u);
});

describe("a reminder that is sent", () => {
  const at = (leftMs: number, kind: "reminder7" | "reminder1" = "reminder7") =>
    LANGUAGES.map(
      (language) =>
        noticeTextAt({ kind, language, appointment: BERLIN_NIGHT }, SURROUNDINGS, BERLIN_NIGHT.start - leftMs).text,
    ).join("\n");

  test.each([
    ["a week before", 7 * DAY, /In etwa einer Woche[^]*in about a week/u],
    ["three days before", 3 * DAY, /Zum unten genannten Termin[^]*at the time below/u],
    ["a day before", DAY, /In etwa einem Tag[^]*in about a day/u],
    ["three hours before", 3 * HOUR, /Zum unten genannten Termin[^]*at the time below/u],
  ])("%s says so", (_, left, expected) => {
    for (const kind of ["reminder7", "reminder1"] as const) expect(at(left, kind)).toMatch(expected);
  });

  test("late names no time that is not true", () => {
    expect(at(3 * DAY)).not.toMatch(/einer Woche|einem Tag|about a (?:week|day)/u);
    expect(at(3 * HOUR, "reminder1")).not.toMatch(/einer Woche|einem Tag|about a (?:week|day)/u);
  });
});

describe("a cancellation", () => {
  const says = (changes: Partial<NoticeAppointment>) =>
    LANGUAGES.map((language) => {
      const mail = noticeText(
        { kind: "cancellation", language, appointment: { ...BERLIN_NIGHT, ...changes } },
        SURROUNDINGS,
      );
      return `${mail.subject}\n${mail.text}`;
    }).join("\n");

  test("because a function does not work says so, and does not reassure", () => {
    const ill = says({ because: "functionalCheckFailed" });
    expect(ill).toContain("eine grundlegende Funktion Ihres Systems nicht so arbeitet, wie sie soll");
    expect(ill).toContain("one of its basic functions is not working as it should");
    expect(ill).not.toMatch(/wie es ist|müssen nichts tun|as it is|need not do/u);
  });

  test.each(["cancellation", "completion", "rollBack"] as const)(
    "of a hotfix calls it what it was announced as (%s)",
    (kind) => {
      for (const language of LANGUAGES) {
        const mail = noticeText({ kind, language, appointment: { ...BERLIN_NIGHT, work: "hotfix" } }, SURROUNDINGS);
        expect(mail.subject).toMatch(/Korrektur|correction/u);
        expect(`${mail.subject}\n${mail.text}`).not.toMatch(/update|aktualisier/iu);
      }
    },
  );
});

describe("what comes from outside", () => {
  test("cannot break out of its line or its element", () => {
    const organisationName = "Evil\r\nBcc: x\u2028<script>alert('1')</script>\u0000\"";
    const mail = noticeText(
      { kind: "cancellation", language: "en", appointment: { ...BERLIN_NIGHT, organisationName } },
      SURROUNDINGS,
    );
    expect(mail.text).toContain("Evil Bcc: x <script>alert('1')</script>");
    expect(mail.html).toContain("Evil Bcc: x &lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &quot;");
    expect(mail.subject).not.toMatch(/[\r\n]/u);
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "https://a b", 'https://x/"onclick="', "/reschedule/1"])(
    "the link %s is refused",
    (rescheduleUrl) => {
      const send = () =>
        noticeText(
          { kind: "announcement", language: "en", appointment: BERLIN_NIGHT },
          { ...SURROUNDINGS, rescheduleUrl },
        );
      expect(send).toThrow(/http or https address/u);
    },
  );

  test.each([
    ["call", "+49 89 0000000"],
    ["write to", undefined],
  ])("whom to ask: %s", (verb, phone) => {
    const around = { supportEmail: "support@docuware.example", ...(phone !== undefined && { supportPhone: phone }) };
    const notice = { kind: "reminder1", appointment: BERLIN_NIGHT } as const;
    expect(noticeText({ ...notice, language: "en" }, around).text.replaceAll(/\s+/gu, " ")).toContain(
      `${verb} our support`,
    );
    const german = noticeText({ ...notice, language: "de" }, around).text;
    expect(german.replaceAll(/\s+/gu, " ")).toContain(phone === undefined ? "schreiben Sie bitte" : "rufen Sie bitte");
    expect(german).toContain(`${phone ?? "support@docuware.example"}.`);
  });

  test("without a link to reschedule, the mail says whom to ask", () => {
    const mail = noticeText(
      { kind: "reminder1", language: "de", appointment: BERLIN_NIGHT },
      { supportEmail: "support@docuware.example" },
    );
    expect(mail.text).toContain("lässt sich online nicht mehr ändern");
    expect(mail.html).not.toContain("<a ");
  });
});
