// A log that keeps its last 10,000 entries, redacted as on the console.

import { EVENTS, type AppLog } from "../../../shared/capabilities.ts";
import { logTo, type LogEntry } from "../../../shared/platform/telemetry/log.ts";

export function memoryLog(): AppLog & { readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const log = logTo(EVENTS, (entry) => {
    entries.push(entry);
    if (entries.length > 10_000) entries.shift();
  });
  return { ...log, entries };
}
