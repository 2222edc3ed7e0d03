import { problemsOf } from "../platform/http/problems.ts";

export const noticeProblem = problemsOf({
  noticeUnknown: { status: 404, title: "Notice unknown" },
});
