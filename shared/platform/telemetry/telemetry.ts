// Port of telemetry. `open-telemetry.ts` implements it over @opentelemetry/api, `memory-telemetry.ts` for tests;
// `noTelemetry` is what runs without a connection string. What is reported is declared with instruments.ts and events.ts.
//
// Telemetry never decides anything: an implementation must not throw, and a lost signal changes no outcome.

import type { AvailabilityTest, Counter, Histogram, SpanSignal } from "./instruments.ts";

/** W3C trace context, version 00: `00-<trace id>-<span id>-<flags>`. */
export type Traceparent = string;

type SpanAttributes<K extends string> = Readonly<Partial<Record<K, string | number>>>;

export interface ActiveSpan<K extends string> {
  /** Attributes known only later; setting one again replaces it. */
  set(attributes: SpanAttributes<K>): void;
  /** Marks the span as failed although the work ends normally (an HTTP answer 500, a mail that was not sent). */
  fail(): void;
}

export interface SpanOptions {
  /** The trace to continue; the span that is active here when absent. */
  readonly parent?: Traceparent | undefined;
  /** Spans of other traces that belong to this one. */
  readonly links?: readonly Traceparent[];
  /** Overrides the declared kind: the host has reported this request itself. */
  readonly isInternal?: boolean;
}

export interface AvailabilityResult {
  /** Names this run for ever; a run that is reported twice has the same id both times. */
  readonly id: string;
  readonly isAvailable: boolean;
  readonly durationMs: number;
  /** When the run began, milliseconds since the epoch. */
  readonly at: number;
  readonly organisationId: string;
  readonly version?: string | undefined;
  readonly failedStep?: string | undefined;
}

export interface Telemetry {
  /** Runs `work` inside a span and answers with its outcome; what it throws marks the span as failed and passes on. */
  span<K extends string, T>(
    signal: SpanSignal<K>,
    attributes: SpanAttributes<K>,
    work: (span: ActiveSpan<K>) => Promise<T>,
    options?: SpanOptions,
  ): Promise<T>;
  count<K extends string>(metric: Counter<K>, attributes: Readonly<Record<K, string>>): void;
  /** `value` in the metric's unit. */
  record<K extends string>(metric: Histogram<K>, value: number, attributes: Readonly<Record<K, string>>): void;
  /** A custom event, by way of the log (toTelemetry) only: there its attributes are held to its declaration. */
  event(name: string, attributes: Attributes): void;
  availability(test: AvailabilityTest, result: AvailabilityResult): void;
  /** Of the span that is active here; undefined outside of spans. */
  traceparent(): Traceparent | undefined;
  /** Sends what is still to be sent, within a bound; afterwards nothing is recorded any more. */
  close(): Promise<void>;
}

const IGNORED: ActiveSpan<string> = { set: () => {}, fail: () => {} };

export const noTelemetry: Telemetry = {
  span: (_signal, _attributes, work) => work(IGNORED),
  count: () => {},
  record: () => {},
  event: () => {},
  availability: () => {},
  traceparent: () => undefined,
  close: async () => {},
};

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The parts of a traceparent; undefined for anything else, whatever it is: it may come from anybody. */
export function readTraceparent(value: unknown): { traceId: string; spanId: string; flags: number } | undefined {
  const parts = typeof value === "string" ? TRACEPARENT.exec(value) : null;
  if (parts === null) return undefined;
  return { traceId: parts[1] ?? "", spanId: parts[2] ?? "", flags: Number.parseInt(parts[3] ?? "00", 16) };
}

/** Of any signal. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** The span's name: the pattern with its attributes' values. */
export const spanName = (pattern: string, attributes: Attributes): string =>
  pattern.replaceAll(/\{([^}]+)\}/g, (_, name: string) => String(attributes[name] ?? name));
