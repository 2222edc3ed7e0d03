// Functions that fail for good are told to support before they fail: the trigger itself can only write that the delivery
// count was exceeded.

import type { InvocationContext } from "@azure/functions";
import { deadLetterIncident, failedTimerIncident, type QueueFunction } from "../shared/incidents/failed-function.ts";
import type { NewIncident, RaiseIncident } from "../shared/incidents/core/incident.ts";
import { TransientFailure } from "../shared/kernel/failures.ts";
import type { Clock } from "../shared/platform/clock/clock.ts";
import type { IncidentLog } from "../shared/incidents/signals.ts";

interface Deps {
  readonly raiseIncident: RaiseIncident;
  readonly log: IncidentLog;
}

/**
 * The last delivery of a message raises an incident with the reason, and fails all the same. A body may overwrite what the
 * trigger says of its message, so a delivery that is not counted as the broker counts is told like a last one.
 */
export const reportingLastDelivery =
  (deps: Deps, of: QueueFunction, handler: (message: unknown, context: InvocationContext) => unknown) =>
  async (message: unknown, context: InvocationContext): Promise<void> => {
    try {
      await handler(message, context);
    } catch (failure) {
      const { deliveryCount, messageId, sessionId } = context.triggerMetadata ?? {};
      const isLast = typeof deliveryCount !== "number" || deliveryCount >= of.maxDeliveryCount;
      if (isLast) {
        const told = { ...of, messageId: textOf(messageId), sessionId: textOf(sessionId), body: message };
        await raise(deps, () => deadLetterIncident(told, failure));
      }
      throw failure;
    }
  };

/** A timer has no dead letter: what fails for good is told at its first turn. What fails for the moment, the next turn does. */
export const reportingTimer =
  (deps: Deps & { readonly clock: Clock }, name: string, work: () => Promise<unknown>) => async (): Promise<void> => {
    try {
      await work();
    } catch (failure) {
      if (!(failure instanceof TransientFailure)) {
        await raise(deps, () => failedTimerIncident(name, failure, deps.clock.now()));
      }
      throw failure;
    }
  };

async function raise({ raiseIncident, log }: Deps, incident: () => NewIncident): Promise<void> {
  try {
    await raiseIncident(incident());
  } catch (error) {
    log.event("incident.notRaised", { failure: error });
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
