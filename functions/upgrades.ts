// Queues and timer of upgrades: parse, call one verb. A message that cannot be parsed throws and ends in the dead-letter
// queue; a transient failure is tried again by a scheduled message, because the host itself redelivers at once.

import type { InvocationContext } from "@azure/functions";
import { z } from "zod";
import { PermanentFailure, TransientFailure } from "../shared/kernel/failures.ts";
import type { Bus } from "../shared/platform/bus/bus.ts";
import type { Clock } from "../shared/platform/clock/clock.ts";
import type { Log } from "../shared/platform/telemetry/log.ts";
import type { Advanced } from "../shared/upgrades/upgrade/advance-upgrade.ts";
import type { CampaignAdvanced } from "../shared/upgrades/campaigns/advance-campaign.ts";
import { retryMessage, tickSchema, wakeSchema, type Wake } from "../shared/upgrades/messages.ts";
import type { Reconciled } from "../shared/upgrades/campaigns/reconcile.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../shared/upgrades/resources.ts";

interface Deps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly advanceUpgrade: (wake: Wake, firstDelivery: boolean) => Promise<Advanced>;
  readonly advanceCampaign: (campaignId: string, redelivered: boolean) => Promise<CampaignAdvanced>;
  readonly reconcile: () => Promise<Reconciled>;
  readonly recheckAppointments: () => Promise<number>;
}

/** The broker counts deliveries from 1. Our bodies have no such name, so it cannot be overwritten from there. */
const isFirstDelivery = (context: InvocationContext): boolean => context.triggerMetadata?.["deliveryCount"] === 1;

export const advanceUpgradeHandler =
  (deps: Deps) =>
  async (message: unknown, context: InvocationContext): Promise<void> => {
    const wake = parsed(wakeSchema, message, "wake-up of an upgrade");
    try {
      await deps.advanceUpgrade(wake, isFirstDelivery(context));
    } catch (error) {
      const body: Wake = { campaignId: wake.campaignId, organisationId: wake.organisationId, poll: true };
      await tryLater(deps, error, UPGRADE_QUEUE, body, wake.organisationId);
    }
  };

export const advanceCampaignHandler =
  (deps: Deps) =>
  async (message: unknown, context: InvocationContext): Promise<void> => {
    const { campaignId } = parsed(tickSchema, message, "wake-up of a campaign");
    const isFirst = isFirstDelivery(context);
    try {
      await deps.advanceCampaign(campaignId, !isFirst);
    } catch (error) {
      // The first delivery may have sent its repetition: a second one would multiply with each delivery. If it had not,
      // the reconciler comes within a minute.
      if (isFirst || !(error instanceof TransientFailure)) {
        await tryLater(deps, error, CAMPAIGN_QUEUE, { campaignId }, campaignId);
      } else deps.log.warn("upgrades.leftToReconciler", { campaignId, failure: error });
    }
  };

export const reconcileUpgradesHandler = (deps: Deps) => async (): Promise<void> => {
  const found = await deps.reconcile();
  if (found.upgrades > 0) deps.log.info("upgrades.reconciled", { ...found });
};

export const recheckAppointmentsHandler = (deps: Deps) => async (): Promise<void> => {
  deps.log.info("upgrades.rechecked", { changed: await deps.recheckAppointments() });
};

/** Throws PermanentFailure with a sentence that a person can read on the incident of the dead letter. */
function parsed<T>(schema: z.ZodType<T>, message: unknown, what: string): T {
  const read = schema.safeParse(message);
  if (read.success) return read.data;
  throw new PermanentFailure(`The message is no ${what}: ${z.prettifyError(read.error)}`);
}

async function tryLater(
  deps: Deps,
  error: unknown,
  queue: Parameters<typeof retryMessage>[0],
  body: object,
  session: string,
): Promise<void> {
  if (!(error instanceof TransientFailure)) throw error;
  deps.log.warn("upgrades.tryLater", { queue, session, failure: error, retryAfterMs: error.retryAfterMs });
  await deps.bus.send(queue, [retryMessage(queue, body, session, deps.clock.now(), error.retryAfterMs)]);
}
