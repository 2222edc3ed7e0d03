// Structured log: an event name and fields, no sentences, no secrets.

import { redacted } from "../../kernel/foreign-text.ts";
import { cut } from "../../kernel/text.ts";

/** Values are bounded and redacted before they are written; an Error is reduced to its messages. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogLevel = "info" | "warn" | "error";
export interface LogEntry {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

const SECRET = /secret|token|password|authorization|key/i;
const MAX_TEXT = 2000;
const MAX_ITEMS = 50;
const MAX_DEPTH = 5;
const MAX_CAUSES = 4;

/** One JSON line per entry; `write` gets the line and its level (standard: the console's method of that name). */
export function consoleLog(write: (level: LogLevel, line: string) => void = writeToConsole): Log {
  return logTo(({ level, event, fields }) => write(level, JSON.stringify({ level, event, ...fields })));
}

/** Keeps the last 10,000 entries, redacted as on the console. */
export function memoryLog(): Log & { readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const log = logTo((entry) => {
    entries.push(entry);
    if (entries.length > 10_000) entries.shift();
  });
  return { ...log, entries };
}

function logTo(write: (entry: LogEntry) => void): Log {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void =>
      write({ level, event, fields: redactFields(fields, 0) });
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

function writeToConsole(level: LogLevel, line: string): void {
  // The Functions host takes the level from the console's method.
  if (level === "error") console.error(line);
  else if (level === "warn") console.warn(line);
  else console.info(line);
}

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
