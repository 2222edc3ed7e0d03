// Telemetry over @opentelemetry/api. Loaded only where an SDK has been started (azure-monitor.ts, tests): whatever is
// registered there receives the signals.

import { defined } from "../../kernel/defined.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../kernel/time/durations.ts";
import {
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type Link,
  type Meter,
  type Span,
  type SpanContext,
} from "@opentelemetry/api";
import { logs, SeverityNumber } from "@opentelemetry/api-logs";
import type { AvailabilityTest, Metric } from "./instruments.ts";
import { readTraceparent, spanName, type AvailabilityResult, type SpanOptions, type Telemetry } from "./telemetry.ts";

const SCOPE = "dwops";

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
} as const;

/** Call it after the SDK has been started. `close` is the SDK's own way to end. */
export function openTelemetry(close: () => Promise<void>): Telemetry {
  const tracer = trace.getTracer(SCOPE);
  const logger = logs.getLogger(SCOPE);
  const make = instruments(metrics.getMeter(SCOPE));
  return {
    span(signal, attributes, work, options = {}) {
      const kind = options.isInternal === true ? SpanKind.INTERNAL : KINDS[signal.kind];
      const name = spanName(signal.pattern, attributes);
      const links = (options.links ?? []).flatMap(linkOf);
      return tracer.startActiveSpan(name, { kind, links, attributes }, parentOf(options), (span) =>
        runIn(span, () => work({ set: (more) => void span.setAttributes(more), fail: () => failed(span) })),
      );
    },
    count: (metric, attributes) => make.counter(metric).add(1, attributes),
    record: (metric, value, attributes) => make.histogram(metric).record(value, attributes),
    event: (name, attributes) =>
      logger.emit({
        severityNumber: SeverityNumber.INFO,
        attributes: { ...attributes, "microsoft.custom_event.name": name },
      }),
    availability: (test, result) =>
      logger.emit({
        timestamp: result.at,
        severityNumber: result.isAvailable ? SeverityNumber.INFO : SeverityNumber.ERROR,
        body: test.description,
        attributes: availabilityAttributes(test, result),
      }),
    traceparent() {
      const span = trace.getActiveSpan()?.spanContext();
      return span === undefined ? undefined : `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}`;
    },
    close,
  };
}

async function runIn<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    failed(span);
    throw error;
  } finally {
    span.end();
  }
}

const failed = (span: Span): void => void span.setStatus({ code: SpanStatusCode.ERROR });

/** Each is made when it is needed first. */
function instruments(meter: Meter) {
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  return {
    counter({ name, unit, description }: Metric): Counter {
      const known = counters.get(name) ?? meter.createCounter(name, { unit, description });
      counters.set(name, known);
      return known;
    },
    histogram({ name, unit, description, buckets }: Metric): Histogram {
      const advice = { explicitBucketBoundaries: [...(buckets ?? [])] };
      const known = histograms.get(name) ?? meter.createHistogram(name, { unit, description, advice });
      histograms.set(name, known);
      return known;
    },
  };
}

const remote = (traceparent: string | undefined): SpanContext | undefined => {
  const parts = readTraceparent(traceparent);
  if (parts === undefined) return undefined;
  return { traceId: parts.traceId, spanId: parts.spanId, traceFlags: parts.flags, isRemote: true };
};

function parentOf({ parent }: SpanOptions): Context {
  const span = remote(parent);
  return span === undefined ? context.active() : trace.setSpanContext(context.active(), span);
}

function linkOf(traceparent: string): Link[] {
  const span = remote(traceparent);
  return span === undefined ? [] : [{ context: span }];
}

/** The exporter makes an availability result of a log record with these attributes; all of them must be texts. */
function availabilityAttributes({ name }: AvailabilityTest, result: AvailabilityResult): Attributes {
  return {
    "microsoft.availability.id": result.id,
    "microsoft.availability.name": name,
    "microsoft.availability.duration": timeSpan(result.durationMs),
    "microsoft.availability.success": String(result.isAvailable),
    "microsoft.availability.runLocation": "functions",
    organisationId: result.organisationId,
    ...defined({ version: result.version }),
    ...(result.failedStep === undefined
      ? {}
      : {
          failedStep: result.failedStep,
          "microsoft.availability.message": `failed at ${result.failedStep}`,
        }),
  };
}

/** `d.hh:mm:ss.fff`, the form of Application Insights. */
function timeSpan(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds));
  const pad = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, "0");
  const [days, hours, minutes] = [total / DAY_MS, (total / HOUR_MS) % 24, (total / MINUTE_MS) % 60];
  return `${pad(days, 1)}.${pad(hours, 2)}:${pad(minutes, 2)}:${pad((total / 1000) % 60, 2)}.${pad(total % 1000, 3)}`;
}
