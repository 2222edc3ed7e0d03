// Lets a fault happen to one HTTP call, the same way for every server of the simulator.
import type { Exchange } from "../http/exchange.ts";
import type { Outcome, Reply } from "../http/reply.ts";
import { corrupted } from "../http/reply.ts";
import type { Fault } from "./faults.ts";

/** A hanging call is let go after this time at the latest, so that a forgotten one does not stay for ever. */
const MAX_HANG_MS = 10 * 60 * 1000;
export const DEFAULT_SLOW_MS = 2000;

export interface FaultReplies {
  readonly failed: (message: string | undefined) => Reply;
  readonly throttled: () => Promise<Reply>;
}

/** Answers the call as `fault` wants it; `proceed` handles it normally. */
export async function withFault(
  fault: Fault | undefined,
  exchange: Exchange,
  replies: FaultReplies,
  proceed: () => Promise<Outcome>,
): Promise<Outcome> {
  if (fault === undefined) return proceed();
  if (fault.delayMs !== undefined && fault.effect !== "slow") await exchange.pause(fault.delayMs);
  switch (fault.effect) {
    case "fail":
      return replies.failed(fault.message);
    case "hang":
      await exchange.pause(MAX_HANG_MS);
      return "drop";
    case "slow":
      await exchange.pause(fault.delayMs ?? DEFAULT_SLOW_MS);
      return proceed();
    case "corrupt": {
      const outcome = await proceed();
      return outcome === "drop" ? outcome : corrupted(outcome);
    }
    case "throttle":
      return replies.throttled();
    case "drop":
      return "drop";
  }
}
