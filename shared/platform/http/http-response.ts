// Answers and problems of endpoints as responses of the Functions host, with the headers that each type needs.

import { defined } from "../../kernel/defined.ts";
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { answersHtml, textTypeOf } from "./content.ts";
import type { AnswerHeaders, Endpoint, RawAnswer } from "./endpoint.ts";
import { PAGE_LANGUAGES, HTML_HEADERS, page, type PageLanguage, type PagePart } from "./page.ts";
import { type Problem, problemDocument } from "./problems.ts";
import { html, type Html } from "./html.ts";

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/;

/** Throws TypeError for a body that is not of the declared type, or a file name that cannot stand in a header. */
export function response(endpoint: Endpoint, { status, headers = {}, body }: RawAnswer): HttpResponseInit {
  const sent = answerHeaders(headers);
  if (body === undefined) return { status, headers: sent };
  const type = textTypeOf(endpoint.answers[status]);
  if (type === undefined) {
    return {
      status,
      headers: { ...sent, "Content-Type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
    };
  }
  if (typeof body !== "string") throw new TypeError(`${endpoint.name} answered ${status} with no text.`);
  return {
    status,
    headers: {
      ...sent,
      "Content-Type": `${type}; charset=utf-8`,
      ...(type === "text/html" && HTML_HEADERS),
    },
    body,
  };
}

function answerHeaders({ etag, location, retryAfterSeconds, cacheSeconds, fileName }: AnswerHeaders) {
  if (fileName !== undefined && !FILE_NAME.test(fileName)) throw new TypeError("A file name must be plain.");
  return {
    "Cache-Control": cacheSeconds === undefined ? "no-store" : `private, max-age=${cacheSeconds}`,
    "X-Content-Type-Options": "nosniff",
    ...defined({ ETag: etag, Location: location }),
    ...(retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) }),
    ...(fileName === undefined ? {} : { "Content-Disposition": `attachment; filename="${fileName}"` }),
  };
}

/** Problem details, or a page where the endpoint answers pages. */
export function problemResponse(
  endpoint: Endpoint,
  request: HttpRequest,
  refusal: Problem,
  traceId: string,
): HttpResponseInit {
  const isPage = answersHtml(endpoint.answers);
  const { retryAfterMs, hadToken } = refusal.extra;
  const asked = request.query.get("language");
  return {
    status: refusal.status,
    headers: {
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "Content-Type": `${isPage ? "text/html" : "application/problem+json"}; charset=utf-8`,
      ...(isPage && HTML_HEADERS),
      ...(retryAfterMs === undefined ? {} : { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
      ...(refusal.code === "unauthenticated" && {
        "WWW-Authenticate": hadToken === true ? 'Bearer error="invalid_token"' : "Bearer",
      }),
      ...(refusal.code === "roleMissing" && { "WWW-Authenticate": 'Bearer error="insufficient_scope"' }),
    },
    body: isPage
      ? problemPage(
          refusal,
          traceId,
          PAGE_LANGUAGES.find((one) => one === asked),
        )
      : JSON.stringify(problemDocument(refusal, traceId)),
  };
}

// Problems of endpoints that people open in a browser: a page instead of problem details, in their language or in both.

interface Translation {
  readonly title: string;
  readonly text: string;
}

const RETRY: Readonly<Record<PageLanguage, Translation>> = {
  de: {
    title: "Das geht im Moment nicht",
    text: "Bitte versuchen Sie es in einigen Minuten noch einmal. Die Seite zeigt Ihnen dann, was gilt.",
  },
  en: {
    title: "This is not possible at the moment",
    text: "Please try again in a few minutes. The page then shows you what holds.",
  },
};
const FAILED: Readonly<Record<PageLanguage, Translation>> = {
  de: {
    title: "Es ist ein Fehler aufgetreten",
    text: "Bitte versuchen Sie es noch einmal. Bleibt es dabei, nennen Sie unserem Support bitte die Kennung unten.",
  },
  en: {
    title: "Something went wrong",
    text: "Please try again. If it stays like this, please tell our support the reference below.",
  },
};
const NOT_UNDERSTOOD: Readonly<Record<PageLanguage, Translation>> = {
  de: {
    title: "Diese Anfrage verstehen wir nicht",
    text: "Bitte öffnen Sie die Seite noch einmal über den Link in unserer E-Mail und senden Sie das Formular von dort ab.",
  },
  en: {
    title: "We do not understand this request",
    text: "Please open the page again by the link in our mail, and send the form from there.",
  },
};
const REFERENCE: Readonly<Record<PageLanguage, string>> = { de: "Kennung", en: "Reference" };

const translationOf = (code: string): Readonly<Record<PageLanguage, Translation>> => {
  if (code === "unavailable" || code === "clockOff" || code === "tooManyRequests") return RETRY;
  return code === "internalError" ? FAILED : NOT_UNDERSTOOD;
};

/** `language`: what the request asked for; both languages when absent. Shows nothing of the problem's detail. */
export function problemPage({ code }: Problem, traceId: string, language?: PageLanguage): string {
  const words = translationOf(code);
  const part = (of: PageLanguage): PagePart => ({
    language: of,
    title: words[of].title,
    body: bodyOf(words[of], of, traceId),
  });
  return page({ parts: language === undefined ? [part("de"), part("en")] : [part(language)] });
}

const bodyOf = ({ text }: Translation, language: PageLanguage, traceId: string): Html =>
  html`<p>${text}</p>
    <p class="hint">${REFERENCE[language]}: ${traceId}</p>`;
