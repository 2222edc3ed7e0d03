// What notices say besides the appointment: whom to ask, and the customer's links. Links are signed when the mail is
// written and never stored.

import { defined } from "../kernel/defined.ts";
import { DAY_MS, HOUR_MS } from "../kernel/time/durations.ts";
import type { Composer } from "../notices/compose-mail.ts";
import type { Organizer } from "../notices/core/calendar.ts";
import type { Notice, NoticeKind } from "../notices/core/notice.ts";
import type { LinkKeys } from "./link-keys.ts";
import { signLink } from "./signed-link.ts";

export interface NoticeComposerOptions {
  /** Root of the API as customers reach it, e.g. `https://operations.example/api`; http or https. */
  readonly baseUrl: string;
  readonly keys: LinkKeys;
  readonly supportAddress: string;
  readonly supportPhone?: string;
  readonly organizer: Organizer;
}

/** From then on an upgrade is prepared, and its customer's users have been told. */
const RESCHEDULE_UNTIL_MS = 24 * HOUR_MS;

/** A link that ends sooner is not worth a mail's promise: the mail then says that the time is fixed. */
const LEAST_LIFE_MS = HOUR_MS;

/** Each announcement brings a new link; two years bridge several of them. */
const CALENDAR_LIFE_MS = 730 * DAY_MS;

const MOVABLE: ReadonlySet<NoticeKind> = new Set(["announcement", "reminder7", "reminder1", "change"]);

/** In the query: paths are kept by whoever logs requests, the host's own telemetry first. */
export const rescheduleUrl = (baseUrl: string, token: string): string => `${rootOf(baseUrl)}/reschedule?token=${token}`;
export const calendarUrl = (baseUrl: string, token: string): string => `${rootOf(baseUrl)}/calendar?token=${token}`;

export function noticeComposer(options: NoticeComposerOptions): Composer {
  const { baseUrl, keys, organizer, supportAddress, supportPhone } = options;
  return {
    organizer,
    surroundings(notice, now) {
      const { campaignId, organisationId, sequence, appointment } = notice;
      const expiresAt = appointment.start - RESCHEDULE_UNTIL_MS;
      const calendarUntil = appointment.end + CALENDAR_LIFE_MS;
      const sign = () => signLink(keys, { purpose: "reschedule", campaignId, organisationId, sequence, expiresAt });
      return {
        ...(isMovable(notice, expiresAt, now) && { rescheduleUrl: rescheduleUrl(baseUrl, sign()) }),
        calendarUrl: calendarUrl(
          baseUrl,
          signLink(keys, { purpose: "calendar", organisationId, expiresAt: calendarUntil }),
        ),
        supportEmail: supportAddress,
        ...defined({ supportPhone }),
      };
    },
  };
}

const isMovable = ({ kind, canReschedule }: Notice, expiresAt: number, now: number): boolean =>
  canReschedule === true && MOVABLE.has(kind) && now + LEAST_LIFE_MS <= expiresAt;

const rootOf = (baseUrl: string): string => baseUrl.replace(/\/+$/, "");
