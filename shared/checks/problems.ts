import { problemsOf } from "../platform/http/problems.ts";

export const checkProblem = problemsOf({
  checkUnknown: { status: 404, title: "Check unknown" },
});
