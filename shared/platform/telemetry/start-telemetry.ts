// Whether this process reports, and to whom. Without a connection string nothing of OpenTelemetry is loaded.

import type { AzureMonitorSettings } from "./azure-monitor.ts";
import { noTelemetry, type Telemetry } from "./telemetry.ts";
import { part } from "../../kernel/text.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Telemetry as this process's environment asks for it (APPLICATIONINSIGHTS_CONNECTION_STRING and, for a managed identity,
 * APPLICATIONINSIGHTS_AUTHENTICATION_STRING, both as the Functions host reads them).
 * @throws Error that names the setting when one of them is malformed; it shows no value.
 */
export async function startTelemetry(environment: Environment = process.env): Promise<Telemetry> {
  const settings = telemetrySettings(environment);
  if (settings === undefined) return noTelemetry;
  const { startAzureMonitor } = await import("./azure-monitor.ts");
  return startAzureMonitor(settings);
}

/** Checks them, and loads nothing. Throws as startTelemetry does. */
export function telemetrySettings(environment: Environment = process.env): AzureMonitorSettings | undefined {
  const connectionString = environment["APPLICATIONINSIGHTS_CONNECTION_STRING"] ?? "";
  if (connectionString === "") return undefined;
  if (!/(?:^|;)\s*InstrumentationKey=[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*(?:;|$)/i.test(connectionString)) {
    throw new Error(
      "APPLICATIONINSIGHTS_CONNECTION_STRING: must contain InstrumentationKey=<UUID>. Copy it from the Application Insights resource.",
    );
  }
  const authentication = environment["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] ?? "";
  if (authentication === "") return { connectionString };
  const parts = new Map(authentication.split(";").map((part) => pair(part)));
  if (parts.get("authorization") !== "AAD") {
    throw new Error(
      "APPLICATIONINSIGHTS_AUTHENTICATION_STRING: must be Authorization=AAD, for a user-assigned identity with ClientId=<UUID>; before it.",
    );
  }
  const clientId = parts.get("clientid");
  return { connectionString, identity: clientId === undefined ? {} : { clientId } };
}

function pair(setting: string): [string, string] {
  const at = setting.indexOf("=");
  return [part(setting, 0, Math.max(0, at)).trim().toLowerCase(), part(setting, at + 1).trim()];
}
