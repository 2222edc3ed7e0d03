import { problemsOf } from "../platform/http/problems.ts";

export const organisationProblem = problemsOf({
  organisationUnknown: { status: 404, title: "Organisation unknown" },
  organisationInCampaign: { status: 409, title: "The organisation is in a campaign" },
});
