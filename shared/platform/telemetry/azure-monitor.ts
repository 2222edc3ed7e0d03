// Azure Monitor's OpenTelemetry distribution, with everything switched off that is not ours: no automatic
// instrumentation (it sees nothing inside an ESM bundle, and what it does see would be reported twice), no sampling, no
// standard metrics, no usage statistics of the SDK. What arrives is what the folders declare in their signals.ts.

import { shutdownAzureMonitor, useAzureMonitor } from "@azure/monitor-opentelemetry";
import type { TokenCredential } from "@azure/identity";
import { lazyCredential } from "../credential.ts";
import { withDeadline } from "../deadline.ts";
import { openTelemetry } from "./open-telemetry.ts";
import type { Telemetry } from "./telemetry.ts";

export interface AzureMonitorSettings {
  readonly connectionString: string;
  /** How to authenticate; absent where the resource takes the instrumentation key (local sink). */
  readonly identity?: { readonly clientId?: string };
}

/** Switches that the SDK reads from the environment only. */
const SWITCHES = {
  APPLICATION_INSIGHTS_NO_STATSBEAT: "true",
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: "true",
  APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED: "true",
} as const;

const INSTRUMENTATIONS = ["azureSdk", "http", "mongoDb", "mySql", "postgreSql", "redis", "redis4", "bunyan", "winston"];
const CLOSE_TIMEOUT_MS = 5000;

/** Starts the SDK for this process; once. @throws when the SDK refuses the connection string. */
export function startAzureMonitor({ connectionString, identity }: AzureMonitorSettings): Telemetry {
  Object.assign(process.env, SWITCHES);
  useAzureMonitor({
    azureMonitorExporterOptions: {
      connectionString,
      ...localSink(connectionString),
      ...(identity === undefined ? {} : { credential: lazyIdentity(identity.clientId) }),
    },
    // The standard is five traces a second, whatever samplingRatio says; 0 lets the ratio decide.
    tracesPerSecond: 0,
    samplingRatio: 1,
    enableTraceBasedSamplingForLogs: false,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    instrumentationOptions: Object.fromEntries(INSTRUMENTATIONS.map((name) => [name, { enabled: false }])),
  });
  return openTelemetry(async () => {
    // The process ends anyway: what cannot be sent now is lost, and nobody could be told.
    await withDeadline("Sending the last telemetry", CLOSE_TIMEOUT_MS, () => shutdownAzureMonitor()).catch(() => {});
  });
}

/** The exporter makes https of every http address, so that a sink on this machine must be named a second time. */
function localSink(connectionString: string): { readonly host?: string; readonly allowInsecureConnection?: boolean } {
  const host = /(?:^|;)\s*IngestionEndpoint=(http:\/\/(?:127\.0\.0\.1|localhost):\d+)\/?\s*(?:;|$)/i.exec(
    connectionString,
  )?.[1];
  return host === undefined ? {} : { host, allowInsecureConnection: true };
}

/** The identity SDK is loaded with the first export, not at start. */
const lazyIdentity = (clientId: string | undefined): TokenCredential =>
  lazyCredential(async () => {
    const { ManagedIdentityCredential } = await import("@azure/identity");
    return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  });
