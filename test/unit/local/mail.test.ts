import { describe, expect, test } from "vitest";
import { renderEml } from "../../../local/mail/eml.ts";
import type { EmailMessage } from "../../../local/mail/message.ts";
import { waitForQuota } from "../../../local/mail/quota.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const message: EmailMessage = {
  senderAddress: "a@b.example",
  content: { subject: "Hello", plainText: "text" },
  recipients: { to: [{ address: "c@d.example" }] },
};

describe("quota", () => {
  const quota = { perMinute: 2, perHour: 3 };
  test("waits for the mail that must leave the window", () => {
    expect(waitForQuota([], quota, 0)).toBe(0);
    expect(waitForQuota([0, 10_000], quota, 20_000)).toBe(40_000);
    expect(waitForQuota([0, 10_000], quota, 60_000)).toBe(0);
  });
  test("the hour counts when the minute is free", () => {
    expect(waitForQuota([0, 100_000, 200_000], quota, 600_000)).toBe(3_000_000);
    expect(waitForQuota([0, 100_000, 200_000], quota, 3_600_000)).toBe(0);
  });
});

describe("message.eml", () => {
  test("nothing in a mail can add a header of its own", () => {
    const content = { subject: "Hi\r\nBcc: evil@x.example", plainText: "text" };
    const to = [{ address: "c@d.example", displayName: 'A" <x>\r\nX-Evil: 1' }];
    const eml = renderEml({ ...message, content, recipients: { to } }, ID, 0);
    expect(eml).not.toMatch(/^(?:Bcc|X-Evil):/mu);
    expect(eml).toContain("Subject: Hi Bcc: evil@x.example\r\n");
  });

  test("a long subject outside ASCII becomes encoded words of at most 75 characters", () => {
    const subject = "Größere Änderung für München 🚀 und Köln".repeat(3);
    const eml = renderEml({ ...message, content: { ...message.content, subject } }, ID, 0);
    const words = eml.match(/=\?UTF-8\?B\?[^?]*\?=/gu) ?? [];
    expect(words.every((word) => word.length <= 75)).toBe(true);
    const decoded = words.map((word) => Buffer.from(word.slice(10, -2), "base64").toString("utf8"));
    expect(decoded.join("")).toBe(subject);
  });
});
