import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { failureOf, retryAfterMsOf } from "../../../shared/platform/http-client/http-failures.ts";

const NOW = Date.UTC(2026, 0, 1);
const answer = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers,
  now: NOW,
  maxRetryAfterMs: 300_000,
});

describe("failureOf", () => {
  test.each([408, 425, 429, 500, 502, 503, 504])("%i is transient", (status) => {
    const failure = failureOf("GET https://x/", answer(status, { "retry-after": "7" }));
    expect(failure).toBeInstanceOf(TransientFailure);
    expect(failure).toMatchObject({ status, retryAfterMs: 7_000 });
  });

  test.each([301, 400, 401, 403, 404, 409, 413, 422, 501])("%i is permanent", (status) => {
    const failure = failureOf("GET https://x/", answer(status), { code: "someCode", detail: "Some reason." });
    expect(failure).toBeInstanceOf(PermanentFailure);
    expect(failure).toMatchObject({ status, code: "someCode" });
    expect(failure.message).toContain("GET https://x/");
    expect(failure.message).toContain("someCode: Some reason.");
  });

  test("keeps one short line of the other side's words", () => {
    const failure = failureOf("GET https://x/", answer(400), { detail: `first\r\n\u0007second ${"x".repeat(500)}` });
    expect(failure.message).toContain("first second xxx");
    expect(failure.message.length).toBeLessThan(260);
  });
});

describe("retryAfterMsOf", () => {
  test.each([
    [{ "retry-after": "12" }, 12_000],
    [{ "retry-after": "-5" }, 0],
    [{ "retry-after": "99999" }, 300_000],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
    [{ "retry-after": "Thu, 01 Jan 2025 00:00:30 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after-ms": "250.5", "retry-after": "12" }, 251],
    [{ "retry-after-ms": "nonsense", "retry-after": "1" }, 1_000],
    [{}, undefined],
  ])("%j is %s", (headers, expected) => {
    expect(retryAfterMsOf({ headers, now: NOW, maxRetryAfterMs: 300_000 })).toBe(expected);
  });
});
