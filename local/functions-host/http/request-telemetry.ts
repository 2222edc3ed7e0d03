// What the real host itself exports of each request to Application Insights, in its shape: name, operation and `url.path`
// are the raw path, values of the query are redacted. So the sink of the tests sees what would leave the system.
import type { HostConfig } from "../host-config.ts";
import { describeError, type HostLog } from "../log.ts";
import type { Settings } from "../settings.ts";

interface ExportedRequest {
  readonly name: string;
  readonly url: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** `url`: as the client addressed it. Pure. */
export function exportedRequest(method: string, url: string): ExportedRequest {
  const { origin, pathname, searchParams } = new URL(url);
  const query = [...searchParams.keys()].map((name) => `${encodeURIComponent(name)}=Redacted`).join("&");
  const shown = query === "" ? "" : `?${query}`;
  return {
    name: `${method} ${pathname}`,
    url: `${origin}${pathname}${shown}`,
    properties: { "url.path": pathname, "url.query": shown, "http.request.method": method },
  };
}

export type RequestExporter = (method: string, url: string, status: number, durationMs: number) => void;

/** Undefined when telemetry is off. Sends without anybody waiting; what cannot be sent is one line in the log. */
export function requestExporter(config: HostConfig, settings: Settings, log: HostLog): RequestExporter | undefined {
  const connection = settings["APPLICATIONINSIGHTS_CONNECTION_STRING"] ?? "";
  const parts = new Map(connection.split(";").map((part) => [part.split("=")[0] ?? "", part.replace(/^[^=]*=/u, "")]));
  const [endpoint, iKey] = [parts.get("IngestionEndpoint"), parts.get("InstrumentationKey")];
  if (!config.isTelemetryOn || endpoint === undefined || iKey === undefined) return undefined;
  return (method, url, status, durationMs) => {
    const { name, ...request } = exportedRequest(method, url);
    const baseData = {
      ver: 2,
      id: "",
      name,
      duration: `00:00:${(Math.min(durationMs, 59_000) / 1000).toFixed(3).padStart(6, "0")}`,
      responseCode: String(status),
      success: status < 500,
      ...request,
    };
    const envelope = {
      name: "Microsoft.ApplicationInsights.Request",
      time: new Date().toISOString(),
      iKey,
      tags: { "ai.operation.name": name, "ai.cloud.role": "host" },
      data: { baseType: "RequestData", baseData },
    };
    const signal = AbortSignal.timeout(5000);
    fetch(new URL("v2.1/track", endpoint), { method: "POST", body: JSON.stringify([envelope]), signal }).catch(
      (error: unknown) => log.write("warning", "Host.General", `Telemetry was not sent: ${describeError(error)}`),
    );
  };
}
