import { describe, expect, test } from "vitest";
import { z } from "zod";
import { PermanentFailure, TransientFailure } from "../../../../shared/kernel/failures.ts";
import { err, ok } from "../../../../shared/kernel/result.ts";
import { ClockOff, clockWatch } from "../../../../shared/platform/clock/clock-watch.ts";
import { decodeCursor } from "../../../../shared/platform/tables/cursor.ts";
import { ANONYMOUS, defineEndpoint, type Endpoint } from "../../../../shared/platform/http/endpoint.ts";
import { problem } from "../../../../shared/platform/http/problems.ts";
import { type HandlerDeps, httpOptions } from "../../../../shared/platform/http/to-http-handler.ts";
import { callEndpoint, type Call } from "../../../support/call.ts";
import { memoryLog } from "../../../support/memory/memory-log.ts";
import { anAuditLog } from "../../../support/audit.ts";

const seen: unknown[] = [];
const put = defineEndpoint({
  name: "put-thing",
  method: "PUT",
  route: "things/{thingId}",
  role: "Organisations.Write",
  summary: "Replaces a thing",
  params: z.object({ thingId: z.string().regex(/^[a-z]+$/, "must be lower-case letters") }),
  query: z.strictObject({ dryRun: z.stringbool().default(false) }),
  body: z.strictObject({ name: z.string(), sizes: z.array(z.number()) }),
  maxBodyBytes: 200,
  answers: { 200: z.object({ thingId: z.string(), caller: z.unknown() }), 204: z.undefined() },
  handle: async (request) => {
    seen.push(request);
    const { body, caller, params, query } = request;
    if (query.dryRun) return { status: 204 };
    if (body.name === "taken") return problem("wrongState", "Taken.");
    const headers = { etag: 'W/"7"', location: "/api/things/a", retryAfterSeconds: 3 };
    return { status: 200, body: { thingId: params.thingId, caller }, headers };
  },
});

const failing = (act: () => never): Endpoint =>
  defineEndpoint({
    name: "fail",
    method: "GET",
    route: "fail",
    role: "public",
    summary: "Fails",
    answers: { 204: z.undefined() },
    handle: async () => act(),
  });

const caller = { actor: { kind: "tool", clientId: "operator-a" }, roles: ["Organisations.Write"] } as const;
const accepting = async () => ok(caller);

const call = (
  endpoint: Endpoint,
  { headers = {}, params = { thingId: "abc" }, ...sent }: Call = {},
  authenticate: HandlerDeps["authenticate"] = accepting,
  clocks: Pick<HandlerDeps, "clockWatch"> = {},
) => {
  const typed = { "content-type": "application/json", ...headers };
  return callEndpoint(endpoint, { ...sent, params, headers: typed }, { authenticate, ...clocks });
};

const good = JSON.stringify({ name: "x", sizes: [1] });

describe("an instance whose clock is wrong", () => {
  const wrong = clockWatch({
    wall: { now: () => 3_600_000 },
    monotonic: () => 0,
    boundMs: 30_000,
    ask: async () => wrong.heard(0, 0),
  });

  test("changes nothing: it says what is wrong and when to come again", async () => {
    seen.length = 0;
    const { status, headers, json } = await call(put, { body: good }, accepting, { clockWatch: wrong });
    expect(seen).toEqual([]);
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("5");
    expect(json).toMatchObject({ code: "clockOff", detail: expect.stringMatching(/It is 3[56]\d\d s ahead/) });
  });

  test("says so to a call that only reads, where that needs the time", async () => {
    const reading = failing(() => {
      throw new ClockOff(-3_600_000);
    });
    const { status, json } = await call(reading, { params: {} }, accepting, { clockWatch: wrong });
    expect([status, json]).toMatchObject([503, { code: "clockOff" }]);
  });
});

describe("a request that is fine", () => {
  test("reaches the handler validated, and its answer the caller with all headers", async () => {
    seen.length = 0;
    const { status, headers, json } = await call(put, {
      body: good,
      headers: { "If-Match": 'W/"6"', "Idempotency-Key": "k-1" },
    });
    expect(seen).toEqual([
      {
        params: { thingId: "abc" },
        query: { dryRun: false },
        body: { name: "x", sizes: [1] },
        caller,
        headers: { ifMatch: 'W/"6"', idempotencyKey: "k-1" },
      },
    ]);
    expect({ status, json }).toEqual({ status: 200, json: { thingId: "abc", caller } });
    expect(Object.fromEntries(headers)).toEqual({
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      etag: 'W/"7"',
      location: "/api/things/a",
      "retry-after": "3",
      "x-content-type-options": "nosniff",
    });
  });

  test("may be answered without a body", async () => {
    const { status, headers, json } = await call(put, { body: good, query: { dryRun: "true" } });
    expect({ status, json, type: headers.get("content-type") }).toEqual({ status: 204, json: undefined, type: null });
  });

  test("may be refused by the handler", async () => {
    const { status, headers, json } = await call(put, { body: JSON.stringify({ name: "taken", sizes: [] }) });
    expect(status).toBe(409);
    expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(json).toEqual({
      type: "urn:docuware-operations:problem:wrongState",
      title: "Not possible in the present state",
      status: 409,
      code: "wrongState",
      detail: "Taken.",
      traceId: "invocation-1",
    });
  });
});

describe("who may call", () => {
  test("without a token the answer is 401 before anything of the request is read", async () => {
    const refused = async () => err({ reason: "Send an access token.", hadToken: false });
    const { status, headers, json } = await call(put, { body: "{", params: { thingId: "9" } }, refused);
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe("Bearer");
    expect(json).toMatchObject({ code: "unauthenticated", detail: "Send an access token." });
  });

  test("with a bad token the challenge names the error", async () => {
    const { headers } = await call(put, { body: good }, async () => err({ reason: "Expired.", hadToken: true }));
    expect(headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  test("without the role the answer is 403 and names the role", async () => {
    const other = async () => ok({ ...caller, roles: ["Organisations.Read"] as const });
    const { status, json } = await call(put, { body: "{" }, other);
    expect({ status, json }).toMatchObject({
      status: 403,
      json: { code: "roleMissing", detail: "This call needs the app role Organisations.Write." },
    });
  });

  test("when tokens cannot be checked the answer is 503, not 401", async () => {
    const unreachable = () => Promise.reject(new TransientFailure("issuer", { retryAfterMs: 1500 }));
    const { status, headers } = await call(put, { body: good }, unreachable);
    expect({ status, wait: headers.get("retry-after") }).toEqual({ status: 503, wait: "2" });
  });

  test("a public endpoint asks nobody", async () => {
    const endpoint = defineEndpoint({
      name: "live",
      method: "GET",
      route: "health/live",
      role: "public",
      summary: "Live",
      answers: { 200: z.unknown() },
      handle: async (request) => ({ status: 200, body: request.caller }),
    });
    const { status, json } = await call(endpoint, { params: {} }, () => Promise.reject(new Error("asked")));
    expect({ status, json }).toEqual({ status: 200, json: ANONYMOUS });
  });
});

describe("a request that is not valid", () => {
  test("gets everything that is wrong with its parts", async () => {
    const { status, json } = await call(put, {
      params: { thingId: "ABC" },
      query: { dryRun: "perhaps", other: "1" },
      body: JSON.stringify({ name: 1, sizes: [1, "2"], "a/b": 0 }),
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: "validationFailed",
      detail: "/path/thingId: must be lower-case letters (and 5 more, see errors)",
      errors: [
        { pointer: "/path/thingId", message: "must be lower-case letters" },
        { pointer: "/query/dryRun" },
        { pointer: "/query", message: 'Unrecognized key: "other"' },
        { pointer: "/body/name" },
        { pointer: "/body/sizes/1" },
        { pointer: "/body", message: 'Unrecognized key: "a/b"' },
      ],
    });
  });

  test.each([
    ["no JSON", { body: "{" }, 400, /valid JSON/],
    ["no body", {}, 400, /is missing/],
    ["another content type", { body: good, headers: { "content-type": "text/plain" } }, 415, /application\/json/],
    [
      "a lying content type",
      { body: good, headers: { "content-type": "application/jsonx" } },
      415,
      /application\/json/,
    ],
    ["a body above the limit", { body: JSON.stringify({ name: "x".repeat(200), sizes: [] }) }, 413, /200 bytes/],
    ["a declared length above the limit", { body: good, headers: { "content-length": "201" } }, 413, /200 bytes/],
    ["a bad Idempotency-Key", { body: good, headers: { "idempotency-key": "a b" } }, 400, /Idempotency-Key/],
  ])("with %s is refused", async (_, sent: Call, expected, detail) => {
    const { status, json } = await call(put, sent);
    expect(status).toBe(expected);
    expect(json).toMatchObject({ detail: expect.stringMatching(detail) });
  });

  test.each<[string, Call, readonly string[]]>([
    ["a text", { body: String.raw`{"name":"a\ud83d","sizes":[]}` }, ["/body/name"]],
    ["a text deep inside", { body: String.raw`{"name":"a","sizes":[[{"a/b":"\ude00"}]]}` }, ["/body/sizes/0/0/a~1b"]],
    ["the name of a member", { body: String.raw`{"\ud83d":1}` }, ["/body/\ufffd"]],
    ["a path parameter", { params: { thingId: "\ud83d" }, body: "{}" }, ["/path/thingId"]],
    ["several", { body: String.raw`{"name":"\ud83d","sizes":["\ud83d"]}` }, ["/body/name", "/body/sizes/0"]],
  ])("with half a surrogate pair in %s is told where", async (_, sent, pointers) => {
    const { status, json, entries } = await call(put, sent);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "validationFailed", errors: pointers.map((pointer) => ({ pointer })) });
    expect(JSON.stringify(json)).toContain("half of a surrogate pair");
    expect(JSON.stringify(json)).not.toMatch(/\\ud[89a-f]/i);
    expect(entries).toEqual([]);
  });

  test("with a whole pair is fine", async () => {
    expect((await call(put, { body: String.raw`{"name":"\ud83d\ude00","sizes":[]}` })).status).toBe(200);
  });

  test.each([
    String.raw`{"name":"a\ud83d","sizes":[],"\ud83d":{"deep":["\ude00"]}}`,
    Buffer.from([0x7b, 0x22, 0x6e, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
  ])("of another system is made good instead: %s", async (body) => {
    const bodies: unknown[] = [];
    const foreign = defineEndpoint({
      name: "take",
      method: "POST",
      route: "take",
      role: "Organisations.Write",
      summary: "Takes",
      body: z.unknown(),
      isForeign: true,
      answers: { 204: z.undefined() },
      handle: async (request) => {
        bodies.push(request.body);
        return { status: 204 };
      },
    });
    expect((await call(foreign, { params: {}, body })).status).toBe(204);
    expect(JSON.stringify(bodies)).toContain("\ufffd");
    expect(JSON.stringify(bodies)).not.toMatch(/\\ud[89a-f]/i);
  });

  test("with a body that is deeper than any stack gets an answer", async () => {
    const deep = defineEndpoint({
      name: "deep",
      method: "POST",
      route: "deep",
      role: "Organisations.Write",
      summary: "Deep",
      body: z.strictObject({ name: z.string() }),
      answers: { 204: z.undefined() },
      handle: async () => ({ status: 204 }),
    });
    const body = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect((await call(deep, { params: {}, body })).status).toBe(400);
  });

  test("with a query parameter that no schema knows is refused, not ignored", async () => {
    const { status } = await call(
      failing(() => expect.fail("called")),
      { params: {}, query: { dryRun: "true" } },
    );
    expect(status).toBe(400);
  });

  test("with a foreign cursor is refused", async () => {
    const { status, json } = await call(
      failing(() => expect.fail(decodeCursor("foreign"))),
      { params: {} },
    );
    expect({ status, json }).toMatchObject({ status: 400, json: { errors: [{ pointer: "/query/cursor" }] } });
  });
});

describe("a handler that fails", () => {
  test.each([new Error("secret detail"), new PermanentFailure("secret detail"), new TypeError("secret detail")])(
    "answers a bare 500 and logs the cause: %s",
    async (error) => {
      const { status, json, entries } = await call(
        failing(() => {
          throw error;
        }),
        { params: {} },
      );
      expect({ status, json }).toEqual({
        status: 500,
        json: {
          type: "urn:docuware-operations:problem:internalError",
          title: "Internal error",
          status: 500,
          code: "internalError",
          traceId: "invocation-1",
        },
      });
      expect(entries).toMatchObject([
        { level: "error", event: "http.failed", fields: { function: "fail", traceId: "invocation-1" } },
      ]);
    },
  );

  test("for now answers 503 with Retry-After", async () => {
    const { status, headers, json, entries } = await call(
      failing(() => {
        throw new TransientFailure("table busy");
      }),
      { params: {} },
    );
    expect({ status, wait: headers.get("retry-after") }).toEqual({ status: 503, wait: "5" });
    expect(JSON.stringify(json)).not.toContain("table busy");
    expect(entries).toMatchObject([{ level: "warn", event: "http.unavailable" }]);
  });
});

test("function keys are never asked for", () => {
  const options = httpOptions(put, { authenticate: accepting, audit: anAuditLog(), log: memoryLog() });
  expect(options).toMatchObject({ authLevel: "anonymous", methods: ["PUT"], route: "things/{thingId}" });
});
