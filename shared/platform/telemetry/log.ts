// Structured log: an event of a catalogue (events.ts) and its attributes, no sentences, no secrets.

import { redacted } from "../../kernel/foreign-text.ts";
import { cut } from "../../kernel/text.ts";
import { exportedAttributes, type AttributesOf, type Catalogue, type EventSignal } from "./events.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * Takes the events of `S` and no others, each with its attributes and no others. A log of more events can be given where
 * one of fewer is wanted.
 */
export interface Log<out S extends Catalogue> {
  event<N extends keyof S & string, A extends AttributesOfAll<S, N>>(
    name: N,
    attributes: A & NoOthers<A, AttributesOfAll<S, N>>,
  ): void;
}
/** Also where the attributes stand in a variable, or are spread: there the compiler lets others through by itself. */
type NoOthers<A, Known> = { readonly [K in Exclude<keyof A, keyof Known>]: never };
/** Of a name that may be one of several: what suits each of them. */
type AttributesOfAll<S extends Catalogue, N extends keyof S> = (
  N extends unknown ? (one: AttributesOf<S[N]>) => void : never
) extends (one: infer All extends Fields) => void
  ? All
  : never;

type Fields = Readonly<Record<string, unknown>>;

/** Values are bounded and redacted; an Error is reduced to its messages. */
export interface LogEntry {
  readonly level: EventSignal["level"];
  readonly event: string;
  readonly fields: Fields;
}
/** `given`: the attributes as the event had them. */
type Sink = (entry: LogEntry, signal: EventSignal, given: Fields) => void;

/** The level is the catalogue's. */
export function logTo<S extends Catalogue>(catalogue: S, ...sinks: readonly Sink[]): Log<S> {
  return {
    event(name, attributes) {
      const signal = catalogue[name];
      if (signal === undefined) return;
      const entry = { level: signal.level, event: name, fields: redactFields(attributes, 0) };
      for (const sink of sinks) sink(entry, signal, attributes);
    },
  };
}

/** One JSON line per entry, by the console's method of its level: the Functions host takes the level from that. */
export function toConsole(write = (level: LogEntry["level"], line: string): void => console[level](line)): Sink {
  return ({ level, event, fields }) => write(level, JSON.stringify({ level, event, ...fields }));
}

/** Events into their metrics and, where they are exported, to telemetry as themselves. */
export function toTelemetry(telemetry: Telemetry): Sink {
  return ({ event, fields }, signal, given) => {
    for (const feed of signal.metrics) feed.report(telemetry, given);
    if (signal.isExported) telemetry.event(event, pick(fields, exportedAttributes(signal)));
  };
}

const MAX_EXPORTED_TEXT = 1000;

/** What the catalogue names and nothing else, so that nothing gets out by chance. */
function pick(fields: Fields, names: readonly string[]): Readonly<Record<string, string | number>> {
  const picked: Record<string, string | number> = {};
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "number") picked[name] = value;
    else if (typeof value === "string") picked[name] = cut(value, MAX_EXPORTED_TEXT);
  }
  return picked;
}

const SECRET = /secret|token|password|authorization|key/i;
const MAX_TEXT = 2000;
const MAX_ITEMS = 50;
const MAX_DEPTH = 5;
const MAX_CAUSES = 4;

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, SECRET.test(name) ? "[redacted]" : redact(value, depth)]),
  );
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === "string") return cut(redacted(value), MAX_TEXT);
  if (value instanceof Error) return redact(messages(value), depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  // Also what ends a circular structure.
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item: unknown) => redact(item, depth + 1));
  return redactFields(value, depth + 1);
}

function messages(error: Error): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && parts.length < MAX_CAUSES) {
    parts.push(`${current.name}: ${current.message}`);
    current = current.cause;
  }
  return parts.join(" < ");
}
