import { problemsOf } from "../platform/http/problems.ts";

export const upgradeProblem = problemsOf({
  campaignUnknown: { status: 404, title: "Campaign unknown" },
  upgradeUnknown: { status: 404, title: "Upgrade unknown" },
  notAnApprover: { status: 403, title: "The caller is no approver" },
  campaignImpossible: { status: 409, title: "The campaign is not possible as asked for" },
  versionQuarantined: { status: 409, title: "The version is quarantined" },
  tooLateToAnnounce: { status: 409, title: "It cannot be announced in time" },
  notOffered: { status: 409, title: "That date is not possible" },
  notInQuarantine: { status: 409, title: "The version is not in quarantine" },
  alreadyApproved: { status: 409, title: "The caller has approved already" },
});
