// Notices: a timer sends what is due, a queue brings the mail service's reports, HTTP shows them to operators.

import { TransientFailure } from "../../shared/kernel/failures.ts";
import type { Result } from "../../shared/kernel/result.ts";
import { noticeParams, noticesView, noticeView, resendBody, viewNotice } from "../../shared/notices/api.ts";
import type { ResendRefusal } from "../../shared/notices/correct-notices.ts";
import { isLost, parseMailReports, retryReportMessage } from "../../shared/notices/messages.ts";
import { noticeIdOf, type Notice, type NoticeKey } from "../../shared/notices/core/notice.ts";
import type { Bounce, BounceRecorded } from "../../shared/notices/record-bounce.ts";
import type { NoticesRun } from "../../shared/notices/send-due-notices.ts";
import type { NoticeStore } from "../../shared/notices/store.ts";
import type { Bus } from "../../shared/platform/bus/bus.ts";
import type { Clock } from "../../shared/platform/clock/clock.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { problem } from "../../shared/platform/http/problems.ts";
import type { Log } from "../../shared/platform/telemetry/log.ts";
import { MAIL_REPORT_QUEUE } from "../../shared/notices/resources.ts";

interface Deps {
  readonly store: Pick<NoticeStore, "noticesOf">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the campaign has an upgrade of this organisation. */
  readonly hasUpgrade: (campaignId: string, organisationId: string) => Promise<boolean>;
  readonly sendDue: () => Promise<NoticesRun>;
  readonly recordBounce: (bounce: Bounce) => Promise<BounceRecorded>;
  readonly resend: (key: NoticeKey, recipients: readonly string[]) => Promise<Result<Notice, ResendRefusal>>;
}

export const sendDueNoticesHandler = (deps: Pick<Deps, "sendDue" | "log">) => async (): Promise<void> => {
  const run = await deps.sendDue();
  if (run.accepted + run.failed + run.postponed > 0) deps.log.info("notices.sent", { ...run });
};

/**
 * A transient failure is tried again later. A message with an event that is no report throws, after the others of it were
 * recorded, and ends in the dead-letter queue.
 */
export const recordMailReportHandler =
  (deps: Pick<Deps, "recordBounce" | "bus" | "clock" | "log">) =>
  async (message: unknown): Promise<void> => {
    const { reports, unreadable } = parseMailReports(message);
    try {
      for (const report of reports.filter(isLost)) {
        const { operationId } = report;
        if ((await deps.recordBounce(report)) === "unknown") {
          deps.log.warn("notices.strangeReport", { operationId });
        }
      }
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      // All of them again: what was recorded already changes nothing.
      deps.log.warn("notices.tryReportLater", { reports: reports.length, failure: error });
      await deps.bus.send(MAIL_REPORT_QUEUE, [retryReportMessage(reports, deps.clock.now(), error.retryAfterMs)]);
    }
    if (unreadable !== undefined) throw unreadable;
  };

export function noticeEndpoints(deps: Pick<Deps, "store" | "hasUpgrade" | "resend">) {
  return [listNotices(deps), resendNotice(deps)];
}

const listNotices = ({ store, hasUpgrade }: Pick<Deps, "store" | "hasUpgrade">) =>
  defineEndpoint({
    name: "list-notices",
    method: "GET",
    route: "campaigns/{campaignId}/organisations/{organisationId}/notices",
    role: "Upgrades.Read",
    summary: "The notices to one organisation about one campaign, in the order they were asked for",
    params: noticeParams.pick({ campaignId: true, organisationId: true }),
    answers: { 200: noticesView },
    handle: async ({ params: { campaignId, organisationId } }) => {
      const stored = await store.noticesOf(campaignId, organisationId);
      if (stored.length === 0 && !(await hasUpgrade(campaignId, organisationId))) {
        return problem("upgradeUnknown", `Campaign ${campaignId} has no upgrade of organisation ${organisationId}.`);
      }
      const notices = stored.map(({ notice }) => notice).sort((a, b) => a.requestedAt - b.requestedAt);
      return { status: 200, body: { items: notices.map(viewNotice) } };
    },
  });

const resendNotice = ({ resend }: Pick<Deps, "resend">) =>
  defineEndpoint({
    name: "resend-notice",
    method: "POST",
    route: "campaigns/{campaignId}/organisations/{organisationId}/notices/{kind}/{sequence}/resend",
    role: "Upgrades.Manage",
    summary: "Sends a notice that failed or bounced once more, to corrected contacts",
    params: noticeParams,
    body: resendBody,
    answers: { 200: noticeView },
    handle: async ({ params, body }) => {
      const resent = await resend(params, body.recipients);
      return resent.ok ? { status: 200, body: viewNotice(resent.value) } : refusalProblem(params, resent.error);
    },
  });

function refusalProblem(key: NoticeKey, refusal: ResendRefusal) {
  const list = `GET /api/campaigns/${key.campaignId}/organisations/${key.organisationId}/notices lists them.`;
  switch (refusal.kind) {
    case "badRecipients":
      return problem("validationFailed", `The recipients must be 1 to 20 mail addresses: ${refusal.message}`);
    case "unknownNotice":
      return problem("noticeUnknown", `There is no notice ${noticeIdOf(key)}. ${list}`);
    case "wrongState":
      return problem(
        "wrongState",
        `Notice ${noticeIdOf(key)} is ${refusal.status}: only one that failed or bounced is sent again.`,
      );
  }
}
