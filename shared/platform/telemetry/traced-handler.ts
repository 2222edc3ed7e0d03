// One span per run of a function. It continues the trace that caused the run: the host's, when the host takes part in
// tracing, the message's, or the HTTP caller's.

import type { InvocationContext } from "@azure/functions";
import type { Clock } from "../clock/clock.ts";
import { FUNCTION_DURATION, FUNCTION_RUN, PLATFORM_EVENTS, type PlatformLog } from "../signals.ts";
import { logTo, toTelemetry } from "./log.ts";
import { readTraceparent, type SpanOptions, type Telemetry, type Traceparent } from "./telemetry.ts";

export interface TracedFunction {
  readonly name: string;
  readonly trigger: "http" | "timer" | "serviceBus";
  /** Of the queue (its resources.ts): the delivery after which a failed message is a dead letter. */
  readonly maxDeliveryCount?: number;
}

type Handler<I, O> = (input: I, context: InvocationContext) => O | Promise<O>;

/** The handler in a span, with its duration, its failures and, for a last delivery, the dead letter counted. */
export function tracedHandler<I, O>(
  telemetry: Telemetry,
  clock: Clock,
  traced: TracedFunction,
  handler: Handler<I, O>,
): (input: I, context: InvocationContext) => Promise<O> {
  const { name, trigger } = traced;
  // Not to the console: the host logs what a handler throws.
  const log = logTo(PLATFORM_EVENTS, toTelemetry(telemetry));
  return async (input, context) => {
    const begun = clock.now();
    const ended = (outcome: "succeeded" | "failed"): void =>
      telemetry.record(FUNCTION_DURATION, (clock.now() - begun) / 1000, { function: name, outcome });
    const delivery = deliveryOf(context);
    try {
      const output = await telemetry.span(
        FUNCTION_RUN,
        { function: name, trigger, ...delivery },
        async (span) => {
          const answer = await handler(input, context);
          const status = statusOf(answer);
          if (status !== undefined) span.set({ status });
          if (status !== undefined && status >= 500) span.fail();
          return answer;
        },
        causeOf(input, context),
      );
      ended((statusOf(output) ?? 0) >= 500 ? "failed" : "succeeded");
      return output;
    } catch (error) {
      ended("failed");
      if (trigger === "serviceBus") reportFailure(log, traced, delivery);
      throw error;
    }
  };
}

interface Delivery {
  readonly messageId?: string;
  readonly deliveryCount?: number;
}

function deliveryOf({ triggerMetadata }: InvocationContext): Delivery {
  const [messageId, deliveryCount] = [triggerMetadata?.["messageId"], triggerMetadata?.["deliveryCount"]];
  return {
    ...(typeof messageId === "string" && { messageId }),
    ...(typeof deliveryCount === "number" && { deliveryCount }),
  };
}

function reportFailure(log: PlatformLog, { name, maxDeliveryCount }: TracedFunction, delivery: Delivery): void {
  const isLast = maxDeliveryCount !== undefined && (delivery.deliveryCount ?? 0) >= maxDeliveryCount;
  log.event(isLast ? "message.deadLettered" : "message.failed", { function: name, ...delivery });
}

/**
 * The host's span is the parent when it belongs to the message's trace, or when there is no message's. A host that began
 * a trace of its own for a message is linked instead: the message tells who caused the run.
 */
function causeOf(input: unknown, context: InvocationContext): SpanOptions {
  const host = valid(context.traceContext?.traceParent);
  const cause = valid(messageTraceparent(context)) ?? valid(headerOf(input, "traceparent"));
  if (host === undefined) return { parent: cause };
  if (cause === undefined || readTraceparent(cause)?.traceId === readTraceparent(host)?.traceId) {
    return { parent: host, isInternal: true };
  }
  return { parent: cause, links: [host], isInternal: true };
}

const valid = (value: unknown): Traceparent | undefined =>
  typeof value === "string" && readTraceparent(value) !== undefined ? value : undefined;

function messageTraceparent({ triggerMetadata }: InvocationContext): unknown {
  const properties: unknown = triggerMetadata?.["applicationProperties"];
  return property(properties, "traceparent");
}

function headerOf(input: unknown, name: string): unknown {
  const headers = property(input, "headers");
  const get = property(headers, "get");
  return typeof get === "function" ? Reflect.apply(get, headers, [name]) : undefined;
}

function statusOf(answer: unknown): number | undefined {
  const status = property(answer, "status");
  return typeof status === "number" ? status : undefined;
}

const property = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
