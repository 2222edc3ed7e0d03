// What every implementation of Mailer must do, whatever is behind it.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import type { Mail, Mailer } from "../../../shared/platform/mail/mail.ts";

export interface Delivered {
  readonly to: readonly string[];
  readonly subject: string;
  readonly attachments: readonly string[];
}

export interface MailerUnderTest {
  readonly mailer: Mailer;
  /** What reached this address. */
  delivered(address: string): Promise<readonly Delivered[]>;
  /** The next new mail to this address is taken by the service and then fails. */
  failNext(address: string, reason: string): Promise<void>;
  stop(): Promise<void>;
}

export function mailSuite(name: string, create: () => Promise<MailerUnderTest>): void {
  describe(`Mailer contract: ${name}`, () => {
    let under: MailerUnderTest;
    beforeAll(async () => {
      under = await create();
    });
    afterAll(async () => {
      await under.stop();
    });
    const mail = (changes: Partial<Mail> = {}): Mail => ({
      operationId: randomUUID(),
      to: [`${randomUUID()}@customer.example`],
      subject: "Upgrade on 1 January – Grüße",
      text: "Your system will be upgraded.",
      ...changes,
    });

    test("a mail reaches all its recipients", async () => {
      const to = [`${randomUUID()}@customer.example`, `${randomUUID()}@customer.example`];
      const html = "<p>Your system will be upgraded.</p>";
      const attachments = [
        { name: "window.ics", contentType: "text/calendar", content: Buffer.from("BEGIN:VCALENDAR") },
      ];
      expect(await under.mailer.send(mail({ to, html, attachments }))).toEqual({ kind: "sent" });
      const expected = [{ to, subject: "Upgrade on 1 January – Grüße", attachments: ["window.ics"] }];
      for (const address of to) expect(await under.delivered(address)).toEqual(expected);
    });

    test("a mail asked for again, at the same time or later, is sent once", async () => {
      const one = mail();
      const outcomes = await Promise.all([under.mailer.send(one), under.mailer.send(one)]);
      expect(outcomes).toEqual([{ kind: "sent" }, { kind: "sent" }]);
      expect(await under.mailer.send(one)).toEqual({ kind: "sent" });
      expect(await under.delivered(one.to[0] ?? "")).toHaveLength(1);
    });

    test("a mail that the service takes and cannot send is an outcome, also when asked again", async () => {
      const one = mail();
      await under.failNext(one.to[0] ?? "", "all recipients are suppressed");
      const failed = { kind: "failed", reason: expect.stringContaining("all recipients are suppressed") };
      expect(await under.mailer.send(one)).toEqual(failed);
      expect(await under.mailer.send(one)).toEqual(failed);
    });

    test.each([
      ["an id that is no UUID", { operationId: "campaign-1" }],
      ["no recipient", { to: [] }],
      ["51 recipients", { to: Array.from({ length: 51 }, (_, n) => `a${n}@customer.example`) }],
      ["a recipient without a domain", { to: ["somebody"] }],
      ["a header in the subject", { subject: "x\r\nBcc: y@customer.example" }],
      ["no text", { text: "" }],
      [
        "more than fits",
        { attachments: [{ name: "a", contentType: "text/plain", content: new Uint8Array(7_000_001) }] },
      ],
    ])("a mail with %s is refused for good", async (_, changes) => {
      await expect(under.mailer.send(mail(changes))).rejects.toThrow(PermanentFailure);
    });
  });
}
