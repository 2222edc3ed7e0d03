// Events as values: what a log takes (log.ts), into which metrics it goes, and whether it is a custom event as well.

import type { Counter, Histogram, Metric } from "./instruments.ts";
import type { Telemetry } from "./telemetry.ts";

/** What an attribute of an event may be; `?` where it may be absent. Only texts and numbers leave with an exported event. */
interface Kinds {
  text: string;
  "text?": string | undefined;
  number: number;
  "number?": number | undefined;
  /** Milliseconds: for the log and for histograms. */
  ms: number;
  "ms?": number | undefined;
  flag: boolean;
  /** Whatever was thrown. */
  error: unknown;
  data: object;
}
type AttributeKinds = Readonly<Record<string, keyof Kinds>>;
type OptionalOf<A> = { [N in keyof A]: A[N] extends `${string}?` ? N : never }[keyof A];
type Attributes<A extends AttributeKinds> = {
  readonly [N in Exclude<keyof A, OptionalOf<A>>]: Kinds[A[N]];
} & { readonly [N in OptionalOf<A>]?: Kinds[A[N]] };

export interface EventSignal<A extends AttributeKinds = AttributeKinds> {
  readonly level: "info" | "warn" | "error";
  readonly description: string;
  readonly attributes: A;
  readonly metrics: readonly Feed<Attributes<A>>[];
  /** A custom event as well (table AppEvents). They are never sampled: alerts may rely on each of them. */
  readonly isExported: boolean;
}
export type Catalogue = Readonly<Record<string, EventSignal>>;
export type AttributesOf<E> = E extends EventSignal<infer A> ? Attributes<A> : never;

/** What an event does to a metric. */
interface Feed<E> {
  readonly metric: Metric;
  report(telemetry: Telemetry, event: E): void;
}

const at =
  (level: EventSignal["level"]) =>
  <const A extends AttributeKinds>(
    description: string,
    attributes: A,
    ...metrics: readonly Feed<Attributes<A>>[]
  ): EventSignal<A> => ({ level, description, attributes, metrics, isExported: false });

export const info = at("info");
export const warn = at("warn");
export const error = at("error");
export const exported = <E extends EventSignal>(event: E): E => ({ ...event, isExported: true });

/** Once per event. */
export const counted = <K extends string, E>(
  metric: Counter<K>,
  of: (event: E) => Readonly<Record<K, string>>,
): Feed<E> => ({ metric, report: (telemetry, event) => telemetry.count(metric, of(event)) });

/** Milliseconds of the event; an absent or impossible one is left out. */
export const measured = <K extends string, E>(
  metric: Histogram<K>,
  ms: (event: E) => number | undefined,
  of: (event: E) => Readonly<Record<K, string>>,
): Feed<E> => ({
  metric,
  report(telemetry, event) {
    const value = ms(event);
    if (value !== undefined && value >= 0 && Number.isFinite(value)) telemetry.record(metric, value / 1000, of(event));
  },
});

export const exportedAttributes = ({ attributes }: EventSignal): readonly string[] =>
  Object.keys(attributes).filter((name) => /^(?:text|number)/.test(attributes[name] ?? ""));
