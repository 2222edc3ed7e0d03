// Metrics, spans and availability tests as values: each folder's `signals.ts` declares with these functions and those of
// events.ts what its code may report. Types follow from the declarations, so that code which reports something else does
// not compile; alerts, workbook and their tests ask the same declarations (docs/telemetry.md).

/** Attributes of metrics have few values each: campaigns and organisations are named on events only. */
export interface Metric<K extends string = string> {
  readonly name: `dwops.${string}`;
  readonly kind: "counter" | "histogram";
  /** UCUM: `s`, or `{thing}` for counts. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly K[];
  /** Upper bounds, histograms only. */
  readonly buckets?: readonly number[];
}
export interface Counter<K extends string = string> extends Metric<K> {
  readonly kind: "counter";
}
export interface Histogram<K extends string = string> extends Metric<K> {
  readonly kind: "histogram";
}

export const counter = <const K extends string = never>(
  name: Metric["name"],
  unit: string,
  description: string,
  attributes: readonly K[] = [],
): Counter<K> => ({ kind: "counter", name, unit, description, attributes });

/** Of durations, in seconds. */
export const histogram = <const K extends string>(
  name: Metric["name"],
  description: string,
  attributes: readonly K[],
  buckets: readonly number[],
): Histogram<K> => ({ kind: "histogram", name, unit: "s", description, attributes, buckets });

/** Seconds: of calls and runs, and of the phases of something that takes hours. */
export const CALL_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
export const PHASE_BUCKETS = [1, 5, 15, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400];

/** `server` ends in AppRequests, everything else in AppDependencies. */
export interface SpanSignal<K extends string = string> {
  /** The span's name: `{attribute}` stands for that attribute's value. */
  readonly pattern: string;
  readonly kind: "server" | "client" | "producer" | "internal";
  readonly description: string;
  readonly attributes: readonly K[];
}
export const spans = <const K extends string>(
  kind: SpanSignal["kind"],
  pattern: string,
  description: string,
  attributes: readonly K[],
): SpanSignal<K> => ({ kind, pattern, description, attributes });

/** Availability results (table AppAvailabilityResults) of this name; never sampled. */
export interface AvailabilityTest {
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly string[];
}
