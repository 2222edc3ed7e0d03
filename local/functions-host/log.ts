// The host's log: one line per entry, categories as in the real host, from the level of host.json on (logging.logLevel.default).
import { stripVTControlCharacters } from "node:util";
import type { LogLevel } from "./host-config.ts";

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

/** Lines look like `[2026-11-24T17:20:01.123Z] info Function.name.User message`. */
export function hostLog(lowest: LogLevel, line: (text: string) => void, now: () => Date = () => new Date()): HostLog {
  return {
    write(level, category, message) {
      if (level === "none" || SEVERITY[level] < SEVERITY[lowest]) return;
      line(`[${now().toISOString()}] ${SHORT[level]} ${category} ${stripVTControlCharacters(message)}`);
    },
  };
}

/** Message and stack of anything that was thrown. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack?.includes(error.message) === true ? error.stack : `${error.name}: ${error.message}`;
}
