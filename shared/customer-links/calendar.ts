// The organisation's maintenance calendar, to subscribe to.

import { createHash } from "node:crypto";
import { err, ok, type Result } from "../kernel/result.ts";
import { calendarFeed } from "../notices/core/calendar.ts";
import type { NoticeAppointment } from "../notices/core/notice.ts";
import type { Organisation } from "../organisations/organisation.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { LinkKeys } from "./link-keys.ts";
import { type LinkRefusal, readLink } from "./signed-link.ts";
import { part } from "../kernel/text.ts";

export interface FeedAppointment {
  readonly campaignId: string;
  /** Revision of the appointment, as in the notices. */
  readonly sequence: number;
  readonly status: "confirmed" | "cancelled";
  readonly appointment: NoticeAppointment;
}

export interface CalendarDeps {
  readonly keys: LinkKeys;
  /** Those to come and those of the past that a calendar should keep; in any order. */
  readonly appointmentsOf: (organisationId: string) => Promise<readonly FeedAppointment[]>;
  /** From the registry. */
  readonly organisationOf: (organisationId: string) => Promise<Pick<Organisation, "language"> | undefined>;
  readonly clock: Clock;
}

export interface Feed {
  readonly text: string;
  /** Weak: the same appointments are written with another DTSTAMP each time. */
  readonly etag: string;
}

/** `unknownOrganisation`: it has left since the link was made. Throws TransientFailure when storage cannot be reached. */
export async function readCalendar(
  { keys, appointmentsOf, organisationOf, clock }: CalendarDeps,
  token: string,
): Promise<Result<Feed, LinkRefusal | { readonly kind: "unknownOrganisation" }>> {
  const now = clock.now();
  const link = readLink(keys, token, "calendar", now);
  if (!link.ok) return link;
  const { organisationId } = link.value;
  const organisation = await organisationOf(organisationId);
  if (organisation === undefined) return err({ kind: "unknownOrganisation" });
  const appointments = await appointmentsOf(organisationId);
  const events = appointments
    .map(({ status, ...one }) => ({
      ...one,
      organisationId,
      language: organisation.language,
      isCancelled: status === "cancelled",
    }))
    .sort((a, b) => a.appointment.start - b.appointment.start);
  const hash = part(createHash("sha256").update(JSON.stringify(events)).digest("base64url"), 0, 22);
  return ok({ text: calendarFeed(events, organisation.language, now), etag: `W/"${hash}"` });
}
