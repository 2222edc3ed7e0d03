// What customers and support get by mail from the running local system, and what they do with it.

import { expect } from "vitest";
import { readCalendarText } from "./calendar-file.ts";
import { until, type LocalSystem, type SinkMail } from "./local-system.ts";

export const linkIn = ({ plainText }: SinkMail, kind: "reschedule" | "calendar"): string => {
  const found = new RegExp(`http://\\S+/api/${kind}\\?token=\\S+`, "u").exec(plainText)?.[0];
  if (found === undefined) throw new Error(`The mail has no ${kind} link:\n${plainText}`);
  return found;
};
/** The times that a page offers. */
export const optionsOn = (page: string): readonly string[] =>
  Array.from(page.matchAll(/type="radio"[^>]*value="([^"]+)"/gu), ([, value = ""]) => value);

/** The page of a reschedule link, once it offers something: the mail is there a moment before its acceptance is stored. */
export const offeredBy = (link: string): Promise<string> =>
  until("times to choose from", async () => {
    const page = await (await fetch(link)).text();
    return optionsOn(page).length > 0 ? page : undefined;
  });

export function customerDriver(system: LocalSystem) {
  /** The first mail to this address whose subject holds the words; the sender's timer runs until it is there. */
  const mailTo = (to: string, words: string, timer = "send-due-notices"): Promise<SinkMail> =>
    until(`a mail "${words}" to ${to}`, async () => {
      const found = (await system.mailsTo(to)).find(({ subject }) => subject.includes(words));
      if (found === undefined) await system.fire(timer);
      return found;
    });
  const supportMail = (words: string) => mailTo("support@docuware-cloud.example", words, "send-incident-mails");

  /** The only event of a mail's calendar file. */
  async function eventIn(mail: SinkMail) {
    const position = mail.attachments.findIndex(({ name }) => name.endsWith(".ics"));
    const { method, events } = readCalendarText(await system.attachment(mail, position));
    expect(events).toHaveLength(1);
    expect(mail.attachments[position]?.contentType).toContain(`method=${method}`);
    return { method, ...events[0] };
  }

  return { mailTo, supportMail, eventIn };
}
