import { describe, expect, test } from "vitest";
import { problemPage } from "../../../../shared/platform/http/problem-page.ts";
import { PROBLEMS, problem, type ProblemCode } from "../../../../shared/platform/http/problems.ts";

const codes = Object.keys(PROBLEMS).filter((code): code is ProblemCode => code in PROBLEMS);

describe("a page of whatever passes by itself", () => {
  test.each(codes.filter((code) => PROBLEMS[code].status === 503 || PROBLEMS[code].status === 429))(
    "asks to try again in a few minutes (%s)",
    (code) => {
      expect(problemPage(problem(code), "trace", "de")).toContain("in einigen Minuten noch einmal");
      expect(problemPage(problem(code), "trace", "en")).toContain("try again in a few minutes");
      expect(problemPage(problem(code), "trace")).not.toMatch(/verstehen wir nicht|do not understand/u);
    },
  );
});
