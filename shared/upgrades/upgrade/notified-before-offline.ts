// Pre-flight check of a hotfix: its customer is told before the organisation goes offline, and never earlier than it was told.
// It waits for the mail at most a while: a correction that cannot wait four weeks cannot wait for the mail service either.

import type { UpgradeDeps } from "../deps.ts";
import type { Notice } from "../../notices/core/notice.ts";
import type { PreflightCheck } from "./preflight.ts";
import { lasting } from "./phrases.ts";

export interface NotifiedDeps extends Pick<UpgradeDeps, "raiseIncident" | "clock" | "log"> {
  readonly noticesOf: (
    campaignId: string,
    organisationId: string,
  ) => Promise<readonly { readonly notice: Pick<Notice, "kind" | "status" | "acceptedAt" | "appointment"> }[]>;
  /** How long an organisation whose turn has come waits for its mail to be accepted, in milliseconds. */
  readonly noticeWaitMs: number;
}

/** How often it looks whether the mail was accepted. */
const LOOK_MS = 5000;

export const notifiedBeforeOffline =
  (deps: NotifiedDeps): PreflightCheck =>
  async ({ campaignId, organisationId, enteredAt }, campaign) => {
    if (campaign.kind !== "hotfix") return { kind: "go" };
    const now = deps.clock.now();
    const stored = await deps.noticesOf(campaignId, organisationId);
    const notice = stored.find((one) => one.notice.kind === "hotfix")?.notice;
    const from = notice?.appointment.start ?? 0;
    if (now < from) return { kind: "wait", until: from };
    if (notice?.acceptedAt !== undefined && notice.status === "accepted")
      return { kind: "go", announcedEnd: notice.appointment.end };
    const limit = Math.max(from, campaign.startedAt ?? enteredAt) + deps.noticeWaitMs;
    // One that failed or came back is an incident already, and waiting does not help it.
    const mayCome = notice === undefined || notice.status === "pending";
    if (mayCome && now < limit) return { kind: "wait", until: Math.min(limit, now + LOOK_MS) };
    const remark = mayCome
      ? "its customer was not told in time: the mail was not accepted"
      : "its customer could not be told";
    deps.log.event("upgrade.notToldInTime", { campaignId, organisationId });
    await deps.raiseIncident({
      incidentId: `hotfix-not-told:${campaignId}`,
      severity: 2,
      kind: "hotfixNotToldInTime",
      title: `Hotfix ${campaign.version} begins at customers who were not told`,
      detail:
        `${organisationId} is the first one. The mail service had not accepted its mail ${lasting(deps.noticeWaitMs)} ` +
        "after its turn had come, or it reached nobody. The hotfix goes on; others may follow.\n" +
        `The history of each upgrade of campaign ${campaignId} says whether its customer was told. Call them; see whether mails are sent at all.`,
      subject: { campaignId, version: campaign.version },
    });
    return { kind: "go", remark };
  };
