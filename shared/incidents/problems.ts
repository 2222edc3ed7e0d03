import { problemsOf } from "../platform/http/problems.ts";

export const incidentProblem = problemsOf({
  incidentUnknown: { status: 404, title: "Incident unknown" },
});
