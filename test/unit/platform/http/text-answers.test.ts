// Answers that are not JSON, and bodies that are forms.

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { TransientFailure } from "../../../../shared/kernel/failures.ts";
import { textAnswer } from "../../../../shared/platform/http/content.ts";
import { defineEndpoint, type Endpoint } from "../../../../shared/platform/http/endpoint.ts";
import { html } from "../../../../shared/platform/http/html.ts";
import { openApiDocument } from "../../../../shared/platform/http/openapi.ts";
import { callEndpoint, type Call } from "../../../support/call.ts";
import { page } from "../../../../shared/platform/http/page.ts";
import { problem } from "../../../../shared/platform/http/problems.ts";

const base = { method: "GET", role: "public", summary: "S" } as const;
const params = z.object({ thingId: z.string() });

const csv = defineEndpoint({
  ...base,
  name: "get-table",
  route: "table",
  answers: { 200: textAnswer("text/csv") },
  handle: async () => ({
    status: 200,
    body: "n\r\n1\r\n",
    headers: { fileName: "table.csv", cacheSeconds: 60, etag: '"1"' },
  }),
});
const shown = textAnswer("text/html");
const pages = defineEndpoint({
  ...base,
  name: "get-page",
  route: "pages/{thingId}",
  params,
  query: z.object({ language: z.enum(["de", "en"]).optional() }),
  answers: { 200: shown, 404: shown, 304: z.undefined() },
  handle: async ({ params: { thingId } }) => {
    if (thingId === "busy") throw new TransientFailure("table busy");
    if (thingId === "broken") throw new Error("secret detail");
    if (thingId === "refused") return problem("wrongState", "secret detail");
    return { status: 200, body: page({ parts: [{ language: "en", title: thingId, body: html`<p>${thingId}</p>` }] }) };
  },
});
const forms: unknown[] = [];
const form = defineEndpoint({
  ...base,
  method: "POST",
  name: "post-form",
  route: "forms",
  bodyType: "application/x-www-form-urlencoded",
  body: z.strictObject({ start: z.string().optional(), note: z.string().optional() }),
  maxBodyBytes: 100,
  audited: { not: "a test" },
  answers: { 200: textAnswer("text/calendar") },
  handle: async ({ body }) => {
    forms.push(body);
    return { status: 200, body: "BEGIN:VCALENDAR" };
  },
});

const call = (endpoint: Endpoint, sent: Call = {}) => callEndpoint(endpoint, { ...sent, hasToken: false });

describe("an answer", () => {
  test("may be a text", async () => {
    const text = await call(csv);
    expect(text.body).toBe("n\r\n1\r\n");
    expect(Object.fromEntries(text.headers)).toEqual({
      "cache-control": "private, max-age=60",
      "content-disposition": 'attachment; filename="table.csv"',
      "content-type": "text/csv; charset=utf-8",
      etag: '"1"',
      "x-content-type-options": "nosniff",
    });
  });

  test("that is a page carries the policy of pages, and is kept by nobody", async () => {
    const { headers, body } = await call(pages, { params: { thingId: `<"a" & 'b'>` } });
    expect(body).toContain("<p>&lt;&quot;a&quot; &amp; &#39;b&#39;&gt;</p>");
    expect(Object.fromEntries(headers)).toEqual({
      "cache-control": "no-store",
      "content-security-policy": expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/u,
      ),
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-robots-tag": "noindex, nofollow",
    });
  });

  test("with a file name that could break out of its header is a defect, not an answer", async () => {
    const endpoint: Endpoint = {
      ...csv,
      validate: () => ({
        params: {},
        query: {},
        body: undefined,
        act: async () => ({ status: 200, body: "x", headers: { fileName: 'a"; b' } }),
      }),
    };
    expect((await call(endpoint)).status).toBe(500);
  });
});

describe("a problem of an endpoint that answers pages", () => {
  test.each([
    ["busy", 503, "Das geht im Moment nicht", "This is not possible at the moment"],
    ["broken", 500, "Es ist ein Fehler aufgetreten", "Something went wrong"],
    ["refused", 409, "Diese Anfrage verstehen wir nicht", "We do not understand this request"],
  ])("is a page in both languages, or in the one that was asked for (%s)", async (thingId, status, german, english) => {
    const both = await call(pages, { params: { thingId } });
    const one = await call(pages, { params: { thingId }, query: { language: "en" } });
    expect([both.status, one.status]).toEqual([status, status]);
    expect(both.body).toMatch(new RegExp(`lang="de"[^]*${german}[^]*lang="en"[^]*${english}[^]*invocation-1`, "u"));
    expect(one.body).toContain(english);
    expect(one.body).not.toContain(german);
    expect(both.body + one.body).not.toMatch(/secret detail|table busy/u);
    expect(both.headers.get("content-type")).toBe("text/html; charset=utf-8");
  });
});

describe("a form", () => {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" };

  test("gives its fields as texts; an empty one has none", async () => {
    forms.length = 0;
    await call(form, { headers, body: "start=2027-04-10T22%3A00&note=a+b%C3%A4" });
    await call(form, { headers, body: "" });
    expect(forms).toEqual([{ start: "2027-04-10T22:00", note: "a bä" }, {}]);
  });

  test.each<[string, Call, number]>([
    ["JSON", { headers: { "content-type": "application/json" }, body: "{}" }, 415],
    ["no type", { body: "start=1" }, 415],
    ["too much", { headers, body: `note=${"x".repeat(100)}` }, 413],
    ["too much by its own word", { headers: { ...headers, "content-length": "101" }, body: "start=1" }, 413],
    ["a field twice", { headers, body: "start=1&start=2" }, 400],
    ["a field that nobody knows", { headers, body: "start=1&other=2" }, 400],
    ["no UTF-8", { headers, body: new Uint8Array([0x61, 0x3d, 0xff]) }, 400],
  ])("is refused when it brings %s", async (_, sent, status) => {
    forms.length = 0;
    expect((await call(form, sent)).status).toBe(status);
    expect(forms).toEqual([]);
  });
});

test("the OpenAPI document names all types", () => {
  const api = {
    title: "T",
    version: "1",
    description: "d",
    problemCodes: ["internalError"],
    issuer: "https://issuer.example",
  };
  const document = openApiDocument(api, [csv, pages, form]);
  const text = { schema: { type: "string" } };
  const pageProblem = { $ref: "#/components/responses/ProblemPage" };
  expect(document).toMatchObject({
    paths: {
      "/table": {
        get: {
          responses: {
            200: { content: { "text/csv": text } },
            400: { $ref: "#/components/responses/Problem" },
          },
        },
      },
      "/pages/{thingId}": {
        get: {
          parameters: [{ name: "thingId" }, { name: "language" }, { $ref: "#/components/parameters/ifNoneMatch" }],
          responses: { 200: { content: { "text/html": text } }, 400: pageProblem, default: pageProblem },
        },
      },
      "/forms": {
        post: {
          requestBody: { content: { "application/x-www-form-urlencoded": { schema: { type: "object" } } } },
          responses: { 200: { content: { "text/calendar": text } } },
        },
      },
    },
    components: {
      parameters: { ifNoneMatch: { name: "If-None-Match", in: "header" } },
      responses: { ProblemPage: { content: { "text/html": text } } },
    },
  });
});
