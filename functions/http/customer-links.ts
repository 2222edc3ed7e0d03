// HTTP: what a customer opens by a signed link. Public: the link is the credential.

import { z } from "zod";
import type { CustomerLinkVerbs } from "../../shared/customer-links/verbs.ts";
import { textAnswer } from "../../shared/platform/http/content.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { PAGE_LANGUAGES } from "../../shared/platform/http/page.ts";
import { linkProblem } from "../../shared/customer-links/problems.ts";

/**
 * The token is in the query and never in the path: the host exports the path of every request to Application Insights as
 * it is, and values of the query as "Redacted". What is no token gets its own page, not a list of issues.
 */
const token = z.string().max(2000).catch("").describe("Of the link in the mail");

/** Other parameters are left alone: mail filters add their own to links. */
const query = z.object({ token, language: z.enum(PAGE_LANGUAGES).optional().catch(undefined) });

const page = textAnswer("text/html");
const pages = { 200: page, 400: page, 404: page, 409: page, 410: page };

/** A choice is a date and a time. */
const MAX_FORM_BYTES = 1024;

/** How long a calendar program may show what it has; it asks again every six hours. */
const CALENDAR_CACHE_SECONDS = 3600;

export const customerLinkEndpoints = (links: CustomerLinkVerbs) => [
  openReschedule(links),
  postReschedule(links),
  getCalendar(links),
];

const openReschedule = (links: CustomerLinkVerbs) =>
  defineEndpoint({
    name: "open-reschedule",
    method: "GET",
    route: "reschedule",
    role: "public",
    summary: "The page on which a customer chooses another time; opening it changes nothing",
    query,
    answers: pages,
    handle: async ({ query: { token, language } }) => links.showReschedule({ token, language }),
  });

const postReschedule = (links: CustomerLinkVerbs) =>
  defineEndpoint({
    name: "submit-reschedule",
    method: "POST",
    route: "reschedule",
    role: "public",
    summary: "Moves the appointment to the time that the customer has chosen",
    query,
    bodyType: "application/x-www-form-urlencoded",
    body: z.object({ start: z.string().max(100).optional().describe("Wall time of one of the offered starts") }),
    maxBodyBytes: MAX_FORM_BYTES,
    audited: { not: "its address holds the link, which is a secret; audited-port.ts writes the entry, without it" },
    answers: pages,
    handle: async ({ query: { token, language }, body }) =>
      links.submitReschedule({ token, language }, body.start === "" ? undefined : body.start),
  });

const getCalendar = (links: CustomerLinkVerbs) =>
  defineEndpoint({
    name: "get-calendar",
    method: "GET",
    route: "calendar",
    role: "public",
    summary: "The organisation's maintenance appointments as a calendar to subscribe to",
    query: z.object({ token }),
    answers: { 200: textAnswer("text/calendar"), 304: z.undefined() },
    handle: async ({ query: { token }, headers: { ifNoneMatch } }) => {
      const feed = await links.readCalendar(token);
      if (!feed.ok) {
        return feed.error.kind === "expired"
          ? linkProblem("linkExpired", "The latest mail about maintenance holds a new link to the calendar.")
          : linkProblem("linkUnknown", "Take the link to the calendar from the latest mail about maintenance.");
      }
      const headers = { etag: feed.value.etag, cacheSeconds: CALENDAR_CACHE_SECONDS };
      if (isKnown(feed.value.etag, ifNoneMatch)) return { status: 304, headers };
      return { status: 200, body: feed.value.text, headers: { ...headers, fileName: "docuware-maintenance.ics" } };
    },
  });

/** RFC 9110, 13.1.2: a list of ETags, compared weakly. */
const isKnown = (etag: string, ifNoneMatch: string | undefined): boolean =>
  ifNoneMatch === "*" ||
  (ifNoneMatch ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === etag.replace(/^W\//, ""));
