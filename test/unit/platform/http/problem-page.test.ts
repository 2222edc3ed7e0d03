import { describe, expect, test } from "vitest";
import { problemPage } from "../../../../shared/platform/http/http-response.ts";
import { problem } from "../../../../shared/platform/http/problems.ts";

const passing = problem.codes.map((code) => problem(code)).filter(({ status }) => status === 503 || status === 429);

test("there are some", () => expect(passing.length).toBeGreaterThan(2));

describe("a page of whatever passes by itself", () => {
  test.each(passing)("asks to try again in a few minutes ($code)", (one) => {
    expect(problemPage(one, "trace", "de")).toContain("in einigen Minuten noch einmal");
    expect(problemPage(one, "trace", "en")).toContain("try again in a few minutes");
    expect(problemPage(one, "trace")).not.toMatch(/verstehen wir nicht|do not understand/u);
  });
});
