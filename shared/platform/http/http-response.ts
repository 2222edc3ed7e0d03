// Answers and problems of endpoints as responses of the Functions host, with the headers that each type needs.
import { defined } from "../../kernel/defined.ts";
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { answersHtml, textTypeOf } from "./content.ts";
import type { AnswerHeaders, Endpoint, RawAnswer } from "./endpoint.ts";
import { PAGE_LANGUAGES } from "./page.ts";
import { HTML_HEADERS } from "./page-style.ts";
import { type Problem, problemDocument } from "./problems.ts";
import { problemPage } from "./problem-page.ts";

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
