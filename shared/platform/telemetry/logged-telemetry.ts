// Use cases say what happened through their log; this turns those entries into the catalogue's metrics and events, so
// that no use case knows telemetry. Every field is checked: a log entry is no typed contract.

import type { Log, LogFields } from "./log.ts";
import { EVENTS, type EventName } from "./catalogue.ts";
import type { Telemetry } from "./telemetry.ts";
import { cut } from "../../kernel/text.ts";

/** Metrics of log entries, by the entry's event. `phaseMs` and `offlineMs` may be absent. */
const METRICS_OF: Readonly<Record<string, (fields: LogFields, telemetry: Telemetry) => void>> = {
  "upgrade.moved": (fields, telemetry) => {
    const [from, to] = [text(fields["from"]), text(fields["to"])];
    telemetry.count("dwops.upgrade.moves", { from, to });
    recordMs(fields["phaseMs"], (seconds) =>
      telemetry.record("dwops.upgrade.phase.duration", seconds, { state: from }),
    );
    recordMs(fields["offlineMs"], (seconds) =>
      telemetry.record("dwops.upgrade.offline.duration", seconds, { outcome: to }),
    );
  },
  "upgrade.needsHuman": (_, telemetry) => telemetry.count("dwops.upgrade.needs_human", {}),
  "message.postponed": (fields, telemetry) =>
    telemetry.count("dwops.message.postponed", { queue: text(fields["queue"]) }),
  "campaign.paused": (_, telemetry) => telemetry.count("dwops.campaign.paused", {}),
  "campaign.closed": (fields, telemetry) => telemetry.count("dwops.campaign.closed", { state: text(fields["state"]) }),
  "version.quarantined": (_, telemetry) => telemetry.count("dwops.version.quarantined", {}),
  ...Object.fromEntries(
    ["accepted", "failed", "postponed", "refused", "bounced"].map((outcome) => [
      `notice.${outcome}`,
      (_: LogFields, telemetry: Telemetry) => telemetry.count("dwops.mail.attempts", { outcome }),
    ]),
  ),
  "incident.raised": (fields, telemetry) =>
    telemetry.count("dwops.incident.raised", { kind: text(fields["kind"]), severity: text(fields["severity"]) }),
  ...Object.fromEntries(
    ["delivered", "postponed", "failed"].map((outcome) => [
      `webhook.${outcome}`,
      (_: LogFields, telemetry: Telemetry) => telemetry.count("dwops.webhook.deliveries", { outcome }),
    ]),
  ),
};

/** The log, which besides tells telemetry. Put it where the log is made: everybody gets this one. */
export function loggedTelemetry(log: Log, telemetry: Telemetry): Log {
  const tell = (event: string, fields: LogFields): void => {
    METRICS_OF[event]?.(fields, telemetry);
    if (isEvent(event)) telemetry.event(event, pick(fields, EVENTS[event].attributes));
  };
  return {
    info: (event, fields = {}) => (log.info(event, fields), tell(event, fields)),
    warn: (event, fields = {}) => (log.warn(event, fields), tell(event, fields)),
    error: (event, fields = {}) => (log.error(event, fields), tell(event, fields)),
  };
}

const isEvent = (event: string): event is EventName => Object.hasOwn(EVENTS, event);

const MAX_TEXT = 1000;
const text = (value: unknown): string => (typeof value === "string" ? cut(value, MAX_TEXT) : "unknown");

function recordMs(value: unknown, record: (seconds: number) => void): void {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) record(value / 1000);
}

/** What the catalogue names and nothing else, so that no field gets out by chance. */
function pick(fields: LogFields, names: readonly string[]): Readonly<Record<string, string | number>> {
  const picked: Record<string, string | number> = {};
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "number") picked[name] = value;
    else if (typeof value === "string") picked[name] = cut(value, MAX_TEXT);
  }
  return picked;
}
