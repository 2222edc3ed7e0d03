// The host's log: one line per entry, categories and level filter as in the real host (host.json, logging.logLevel).
import { stripVTControlCharacters } from "node:util";
import type { LogLevel } from "./rpc.ts";

const SEVERITY = { trace: 0, debug: 1, information: 2, warning: 3, error: 4, critical: 5, none: 6 } as const;
const SHORT = {
  trace: "trace",
  debug: "debug",
  information: "info",
  warning: "warn",
  error: "error",
  critical: "critical",
  none: "none",
} as const;

export interface HostLog {
  write(level: LogLevel, category: string, message: string): void;
}

/** Category prefix to lowest level shown; "default" is for categories that no other entry names. */
export type LogLevels = Readonly<Record<string, LogLevel>>;

/** The level that rules a category: the entry with the longest matching prefix, else "default", else information. */
export function levelFor(levels: LogLevels, category: string): LogLevel {
  let best: string | undefined;
  for (const prefix of Object.keys(levels)) {
    const isMatch = category === prefix || category.startsWith(`${prefix}.`);
    if (isMatch && (best === undefined || prefix.length > best.length)) best = prefix;
  }
  const named = best === undefined ? undefined : levels[best];
  return named ?? levels["default"] ?? levels["Default"] ?? "information";
}

/** Lines look like `[2026-11-24T17:20:01.123Z] info Function.name.User message`. */
export function hostLog(levels: LogLevels, line: (text: string) => void, now: () => Date = () => new Date()): HostLog {
  // A category is a handful of fixed texts per function, so the answers are kept.
  const thresholds = new Map<string, number>();
  return {
    write(level, category, message) {
      let threshold = thresholds.get(category);
      if (threshold === undefined) {
        threshold = SEVERITY[levelFor(levels, category)];
        thresholds.set(category, threshold);
      }
      if (level === "none" || SEVERITY[level] < threshold) return;
      line(`[${now().toISOString()}] ${SHORT[level]} ${category} ${stripVTControlCharacters(message)}`);
    },
  };
}

/** Message and stack of anything that was thrown. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack?.includes(error.message) === true ? error.stack : `${error.name}: ${error.message}`;
}
