// What the platform reports (docs/telemetry.md).

import type { Log } from "./telemetry/log.ts";
import { counted, error, exported, warn, type Catalogue } from "./telemetry/events.ts";
import { CALL_BUCKETS, counter, histogram, spans } from "./telemetry/instruments.ts";

export const FUNCTION_DURATION = histogram(
  "dwops.function.duration",
  "Runs of this app's functions; its count is the number of runs (outcome: succeeded, failed)",
  ["function", "outcome"],
  CALL_BUCKETS,
);
const MESSAGE_FAILED = counter(
  "dwops.message.failed",
  "{delivery}",
  "Deliveries of queue messages whose handler failed; the host delivers them again",
  ["function"],
);
const DEAD_LETTERED = counter("dwops.message.dead_lettered", "{message}", "Messages whose last delivery failed", [
  "function",
]);
const POSTPONED = counter(
  "dwops.message.postponed",
  "{message}",
  "Messages put off by a transient failure: sent again with back-off",
  ["queue"],
);

const DELIVERY = { function: "text", messageId: "text?", deliveryCount: "number?" } as const;
const CALL = { function: "text", traceId: "text", error: "error" } as const;
const ACT = { action: "text", traceId: "text", error: "error" } as const;

export const PLATFORM_EVENTS = {
  "message.failed": warn("A delivery of a message failed", DELIVERY, counted(MESSAGE_FAILED, byFunction)),
  "message.deadLettered": exported(
    error(
      "The last delivery of a message failed",
      DELIVERY,
      counted(MESSAGE_FAILED, byFunction),
      counted(DEAD_LETTERED, byFunction),
    ),
  ),
  "message.postponed": warn(
    "A message met a transient failure and was sent again, to come later",
    { queue: "text", session: "text?", failure: "error", retryAfterMs: "ms?" },
    counted(POSTPONED, ({ queue }) => ({ queue })),
  ),
  "message.leftToTimer": warn(
    "A message met a transient failure and is not sent again: a timer finds what it was about",
    {
      queue: "text",
      failure: "error",
    },
  ),
  "app.notReady": exported(warn("The readiness probe found something out of order", { failed: "data" })),
  "http.unavailable": warn("A call was answered 503: something that it needs is away", CALL),
  "http.failed": error("A call was answered 500", CALL),
  "audit.intentLost": error("The audit log could not be written, so nothing was done", ACT),
  "audit.outcomeLost": error("An act has happened, its outcome is not in the audit log", {
    ...ACT,
    entryId: "text",
    outcome: "data",
  }),
  "audit.refusalLost": error("A refused call is not in the audit log", ACT),
  "clock.leftToOthers": warn("The clock is wrong: a message went back to its queue", { queue: "text", offsetMs: "ms" }),
  "clock.timerSkipped": warn("The clock is wrong: a timer did nothing", { function: "text", offsetMs: "ms" }),
  "row.unreadable": error("A stored row cannot be read and is left out", { row: "text", reason: "text" }),
} satisfies Catalogue;

export type PlatformLog = Log<typeof PLATFORM_EVENTS>;

function byFunction(delivery: { readonly function: string }): { readonly function: string } {
  return { function: delivery.function };
}

/** A run of a function is `internal` when the host has reported the request itself. */
export const FUNCTION_RUN = spans("server", "{function}", "One run of a function of this app", [
  "function",
  "trigger",
  "messageId",
  "deliveryCount",
  "status",
]);
export const TABLE_CALL = spans("client", "table {operation}", "A call of Table storage", [
  "table",
  "operation",
  "outcome",
  "peer.service",
]);
export const BUS_SEND = spans("producer", "bus send", "Messages sent to a queue", [
  "queue",
  "messages",
  "peer.service",
]);
export const MAIL_SEND = spans("client", "mail send", "A mail handed to the provider and followed to its end", [
  "operationId",
  "outcome",
  "peer.service",
]);
export const HTTP_CALL = spans(
  "client",
  "http {http.request.method}",
  "A request to the Platform API, the control plane or another HTTP service; addresses without query",
  ["http.request.method", "url.full", "http.response.status_code"],
);
