// An instance whose clock is wrong does not act: its messages go to others, its timers rest, and people are told.

import type { InvocationContext, ServiceBusQueueHandler } from "@azure/functions";
import { againSlot } from "../bus/retry-slot.ts";
import type { Bus, OutgoingMessage } from "../bus/bus.ts";
import { ClockOff, type ClockReading, type ClockWatch } from "./clock-watch.ts";
import { deterministicId } from "../ids.ts";
import type { PlatformLog } from "../signals.ts";

export interface HeldDeps {
  readonly clockWatch: ClockWatch;
  readonly bus: Bus;
  readonly log: PlatformLog;
  /** Tells people; called again and again while the clock is off. */
  readonly reportClockOff: (offsetMs: number) => Promise<void>;
}

/** Other instances take it sooner than this one would be right; a single one looks again every few seconds. */
const AGAIN = { gridMs: 5000, leastMs: 2000, longestMs: 5000 };

/**
 * A message that this instance must not handle goes back into the queue as a scheduled one: left to fail it would be
 * delivered again at once, perhaps to this instance, and count towards the dead-letter queue. Throws when it cannot be sent:
 * then the message is still where it was. `asBody`: what is sent, where the message as it came may not be.
 */
export function heldQueueHandler(
  deps: HeldDeps,
  queue: string,
  handler: ServiceBusQueueHandler,
  asBody: (message: unknown) => unknown = (message) => message,
): (message: unknown, context: InvocationContext) => Promise<void> {
  return async (message, context) => {
    const did = await actUnlessOff(deps.clockWatch, async () => void (await handler(message, context)));
    if (did.kind === "done") return;
    const { offsetMs } = did.reading;
    deps.log.event("clock.leftToOthers", { queue, offsetMs });
    await deps.bus.send(queue, [laterMessage(asBody(message), context, deps.clockWatch.trusted.now())]);
    if (did.reading.kind === "off") await deps.reportClockOff(offsetMs);
  };
}

/** True when the work was done. */
export async function unlessClockOff(deps: Omit<HeldDeps, "bus">, name: string, work: () => Promise<void>) {
  const did = await actUnlessOff(deps.clockWatch, work);
  if (did.kind === "done") return true;
  deps.log.event("clock.timerSkipped", { function: name, offsetMs: did.reading.offsetMs });
  if (did.reading.kind === "off") await deps.reportClockOff(did.reading.offsetMs);
  return false;
}

type Acted = { readonly kind: "done" } | { readonly kind: "not"; readonly reading: ClockReading };

async function actUnlessOff(watch: ClockWatch, work: () => Promise<void>): Promise<Acted> {
  const reading = await watch.check();
  // Unknown: storage gave no answer, so that no work could be done either.
  if (reading.kind !== "right") return { kind: "not", reading };
  try {
    await work();
    return { kind: "done" };
  } catch (error) {
    // The clock jumped on the way: what was begun ends as after a crash.
    if (!(error instanceof ClockOff)) throw error;
    return { kind: "not", reading: { kind: "off", offsetMs: error.offsetMs } };
  }
}

/** The same content asked for within the same part of the grid is sent once. */
function laterMessage(body: unknown, { triggerMetadata }: InvocationContext, now: number): OutgoingMessage {
  const session = triggerMetadata?.["sessionId"];
  const { slot, at } = againSlot(AGAIN, now);
  return {
    body,
    messageId: `clock:${deterministicId(JSON.stringify([session ?? null, body]))}:${slot}`,
    scheduledAt: at,
    ...(typeof session === "string" && { sessionId: session }),
  };
}
