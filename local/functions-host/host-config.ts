// host.json: parsed once at the start, with the real host's defaults. Unknown properties are ignored, as there.
import { availableParallelism } from "node:os";
import { ClearError, errorText } from "../support/clear-error.ts";
import { readTextIfPresent } from "../support/files.ts";
import { configSection, withOverrides, type Section } from "./config-section.ts";
import type { LogLevels } from "./log.ts";
import type { LogLevel } from "./rpc.ts";
import { findSetting, type Settings } from "./settings.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export interface ServiceBusOptions {
  readonly prefetchCount: number;
  readonly maxAutoLockRenewalMs: number;
  readonly maxConcurrentCalls: number;
  readonly maxConcurrentSessions: number;
  readonly maxConcurrentCallsPerSession: number;
  readonly sessionIdleMs: number;
  readonly retry: {
    readonly mode: "fixed" | "exponential";
    readonly tryTimeoutMs: number;
    readonly delayMs: number;
    readonly maxDelayMs: number;
    readonly maxRetries: number;
  };
}

export interface HostConfig {
  /** Without slashes at the ends; empty at the root. */
  readonly routePrefix: string;
  /** Milliseconds; undefined for no limit. */
  readonly functionTimeoutMs: number | undefined;
  readonly maxRequestBytes: number;
  /** Whether the host exports its own telemetry as well. */
  readonly isTelemetryOn: boolean;
  readonly logLevels: LogLevels;
  readonly serviceBus: ServiceBusOptions;
}

/** What the real host knows and this one does not. */
const UNSUPPORTED = [
  ["http", /^(?:customHeaders|hsts)$/iu],
  [
    "serviceBus",
    /^(?:messageHandlerOptions|sessionHandlerOptions|transportType|enableCrossEntityTransactions|maxBatchWaitTime|m(?:ax|in)MessageBatchSize)$/iu,
  ],
] as const;

/**
 * Reads and checks host.json together with the settings that override it.
 * @throws ClearError that names everything that is wrong. (The real host stays up and answers 503 to everything.)
 */
export function readHostConfig(path: string, settings: Settings): HostConfig {
  const text = readTextIfPresent(path);
  if (text === undefined) throw new ClearError(`functions: ${path} does not exist.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/u, ""));
  } catch (error) {
    throw new ClearError(`functions: ${path} is not valid JSON (${errorText(error)}).`);
  }
  return parseHostConfig(parsed, settings, path);
}

/** Like `readHostConfig`, for the parsed content. */
export function parseHostConfig(parsed: unknown, settings: Settings, path = "host.json"): HostConfig {
  const problems: string[] = [];
  const root = configSection(withOverrides(parsed, settings), "", problems);
  const version = root.text("version");
  // An empty object is accepted: the real host rewrites it with the current version.
  const isEmpty = root.entries().length === 0;
  if (!isEmpty && version !== "2.0") problems.push(`version must be "2.0"`);
  const http = root.section("extensions").section("http");
  const config: HostConfig = {
    routePrefix: (http.text("routePrefix") ?? "api").replaceAll(/^\/+|\/+$/gu, ""),
    functionTimeoutMs: functionTimeout(root),
    maxRequestBytes: maxRequestBytes(settings, problems),
    isTelemetryOn: root.text("telemetryMode")?.toLowerCase() === "opentelemetry",
    logLevels: logLevels(root.section("logging").section("logLevel"), problems),
    serviceBus: serviceBusOptions(root.section("extensions").section("serviceBus")),
  };
  for (const [section, names] of UNSUPPORTED) {
    const present = root.section("extensions").section(section).entries();
    for (const [name] of present) if (names.test(name)) problems.push(`extensions.${section}.${name} is not supported`);
  }
  if (root.section("extensions").section("serviceBus").boolean("autoCompleteMessages") === false) {
    problems.push("extensions.serviceBus.autoCompleteMessages false is not supported");
  }
  if (problems.length > 0) throw new ClearError(`functions: ${path} is not usable: ${problems.join("; ")}.`);
  return config;
}

function functionTimeout(root: Section): number | undefined {
  if (root.entries().some(([key, value]) => key.toLowerCase() === "functiontimeout" && value === "-1"))
    return undefined;
  return root.timeSpan("functionTimeout", { min: SECOND }) ?? 30 * MINUTE;
}

function maxRequestBytes(settings: Settings, problems: string[]): number {
  const text = findSetting(settings, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
  if (text === undefined || text === "") return 104_857_600;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    problems.push(`the setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT must be a number of bytes`);
  }
  return value;
}

const LEVELS: readonly LogLevel[] = ["trace", "debug", "information", "warning", "error", "critical", "none"];

function logLevels(section: Section, problems: string[]): LogLevels {
  const levels: Record<string, LogLevel> = {};
  for (const [category, value] of section.entries()) {
    const level = LEVELS.find((one) => typeof value === "string" && one === value.toLowerCase());
    if (level === undefined) problems.push(`logging.logLevel.${category} must be one of ${LEVELS.join(", ")}`);
    else levels[category] = level;
  }
  return levels;
}

function serviceBusOptions(bus: Section): ServiceBusOptions {
  const retry = bus.section("clientRetryOptions");
  const one = { min: 1 };
  const tryTimeoutMs = retry.timeSpan("tryTimeout", one) ?? MINUTE;
  return {
    prefetchCount: bus.integer("prefetchCount", { min: 0 }) ?? 0,
    maxAutoLockRenewalMs: bus.timeSpan("maxAutoLockRenewalDuration") ?? 5 * MINUTE,
    maxConcurrentCalls: bus.integer("maxConcurrentCalls", one) ?? 16 * Math.max(1, availableParallelism()),
    maxConcurrentSessions: bus.integer("maxConcurrentSessions", one) ?? 8,
    maxConcurrentCallsPerSession: bus.integer("maxConcurrentCallsPerSession", one) ?? 1,
    sessionIdleMs: bus.timeSpan("sessionIdleTimeout", one) ?? tryTimeoutMs,
    retry: {
      mode: retry.oneOf("mode", ["exponential", "fixed"]) ?? "exponential",
      tryTimeoutMs,
      delayMs: retry.timeSpan("delay", one) ?? 800,
      maxDelayMs: retry.timeSpan("maxDelay", one) ?? MINUTE,
      maxRetries: retry.integer("maxRetries", { min: 0, max: 100 }) ?? 3,
    },
  };
}
