// HTTP: the notices to a customer, and sending one again.

import { noticeParams, noticesView, noticeView, resendBody, viewNotice } from "../../shared/notices/api.ts";
import { noticeIdOf, type NoticeKey } from "../../shared/notices/core/notice.ts";
import type { ResendRefusal } from "../../shared/notices/correct-notices.ts";
import type { NoticeVerbs } from "../../shared/notices/verbs.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { problem } from "../../shared/platform/http/problems.ts";
import type { UpgradeVerbs } from "../../shared/upgrades/verbs.ts";
import { upgradeProblem } from "../../shared/upgrades/problems.ts";
import { noticeProblem } from "../../shared/notices/problems.ts";

interface NoticesShown {
  readonly store: Pick<NoticeVerbs["store"], "noticesOf">;
}

export const noticeEndpoints = (
  notices: NoticesShown & Pick<NoticeVerbs, "resend">,
  upgrades: Pick<UpgradeVerbs, "hasUpgrade">,
) => [listNotices(notices, upgrades), resendNotice(notices)];

const listNotices = ({ store }: NoticesShown, { hasUpgrade }: Pick<UpgradeVerbs, "hasUpgrade">) =>
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
        return upgradeProblem(
          "upgradeUnknown",
          `Campaign ${campaignId} has no upgrade of organisation ${organisationId}.`,
        );
      }
      const notices = stored.map(({ notice }) => notice).sort((a, b) => a.requestedAt - b.requestedAt);
      return { status: 200, body: { items: notices.map(viewNotice) } };
    },
  });

const resendNotice = ({ resend }: Pick<NoticeVerbs, "resend">) =>
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
      return noticeProblem("noticeUnknown", `There is no notice ${noticeIdOf(key)}. ${list}`);
    case "wrongState":
      return problem(
        "wrongState",
        `Notice ${noticeIdOf(key)} is ${refusal.status}: only one that failed or bounced is sent again.`,
      );
  }
}
