import { problemsOf } from "../platform/http/problems.ts";

export const linkProblem = problemsOf({
  linkUnknown: { status: 404, title: "The link is not valid" },
  linkExpired: { status: 410, title: "The link has expired" },
});
