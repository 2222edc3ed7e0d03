import { problemsOf } from "../platform/http/problems.ts";

export const freezeProblem = problemsOf({
  freezeUnknown: { status: 404, title: "Freeze unknown" },
  tooFewWindows: { status: 409, title: "Too few maintenance windows would be left" },
});
