// Queues of campaigns and upgrades.

import { queueHandler, readBy, type QueueHandlerDeps } from "../shared/platform/bus/queue-handler.ts";
import { retryMessage, type Tick, tickSchema, wakeSchema } from "../shared/upgrades/messages.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../shared/upgrades/resources.ts";
import type { UpgradeVerbs } from "../shared/upgrades/verbs.ts";

export const advanceUpgradeHandler = (
  { advanceUpgrade }: Pick<UpgradeVerbs, "advanceUpgrade">,
  deps: QueueHandlerDeps,
) =>
  queueHandler(deps, {
    queue: UPGRADE_QUEUE,
    read: readBy(wakeSchema, "wake-up of an upgrade"),
    act: advanceUpgrade,
    retry: ({ campaignId, organisationId }, { now, retryAfterMs }) =>
      retryMessage(UPGRADE_QUEUE, { campaignId, organisationId, poll: true }, organisationId, now, retryAfterMs),
  });

export const advanceCampaignHandler = (
  { advanceCampaign }: Pick<UpgradeVerbs, "advanceCampaign">,
  deps: QueueHandlerDeps,
) =>
  queueHandler<Tick>(deps, {
    queue: CAMPAIGN_QUEUE,
    read: readBy(tickSchema, "wake-up of a campaign"),
    act: ({ campaignId }, isFirstDelivery) => advanceCampaign(campaignId, !isFirstDelivery),
    // The first delivery may have sent its repetition: a second one would multiply with each delivery. If it had not, the
    // reconciler comes within a minute.
    retry: ({ campaignId }, { isFirstDelivery, now, retryAfterMs }) =>
      isFirstDelivery ? retryMessage(CAMPAIGN_QUEUE, { campaignId }, campaignId, now, retryAfterMs) : undefined,
  });
