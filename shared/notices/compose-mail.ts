// The mail of a notice: text, calendar file and the id under which it is sent once.

import { defined } from "../kernel/defined.ts";
import { deterministicId } from "../platform/ids.ts";
import type { Mail } from "../platform/mail/mail.ts";
import { calendarFile, type Organizer } from "./core/calendar.ts";
import { noticeText } from "./core/texts.ts";
import type { Surroundings } from "./core/translation.ts";
import { asOf } from "./core/late.ts";
import type { Notice } from "./core/notice.ts";

export interface Composer {
  readonly organizer: Organizer;
  /** Support contact and links; called when the mail is sent (`now`), because signed links are not stored. */
  surroundings(notice: Notice, now: number): Surroundings;
}

/** The same until support has the notice resent. */
export const noticeOperationId = ({ noticeId, mailNumber }: Pick<Notice, "noticeId" | "mailNumber">): string =>
  deterministicId(JSON.stringify(["notice", noticeId, mailNumber]));

/** Throws RangeError for a link that must not get into a mail, or a time zone that is not known (any more). */
export function composeMail(stored: Notice, composer: Composer, now: number): Mail {
  const notice = { ...stored, appointment: asOf(stored, now) };
  const file = calendarFile(notice, composer.organizer, now);
  return {
    ...noticeText(notice, composer.surroundings(notice, now), now),
    operationId: noticeOperationId(notice),
    to: notice.recipients,
    ...defined({ traceparent: notice.traceparent }),
    ...(file === undefined ? {} : { attachments: [file] }),
  };
}
