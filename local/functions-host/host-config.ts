// host.json as far as this app uses it, with the real host's defaults: parsed once at the start; what this host does not know
// is refused by name.
import { availableParallelism } from "node:os";
import { z } from "zod";
import { ClearError, errorText } from "../support/clear-error.ts";
import { readTextIfPresent } from "../support/files.ts";
import type { Settings } from "./settings.ts";

/** Milliseconds of `hh:mm:ss[.fff]`. */
const timeSpan = z
  .string()
  .regex(/^\d{1,2}:[0-5]\d:[0-5]\d(\.\d{1,7})?$/u, `must be a time span such as "00:05:00"`)
  .transform((text) => {
    const [hours = 0, minutes = 0, seconds = 0] = text.split(":").map(Number);
    return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000);
  });
const positive = timeSpan.refine((ms) => ms > 0, "must be above zero");
const count = z.int().min(1);
const level = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["trace", "debug", "information", "warning", "error", "critical", "none"]));

const schema = z.strictObject({
  version: z.literal("2.0", `must be "2.0"`),
  telemetryMode: z.literal("OpenTelemetry").optional(),
  // Bindings of the real host; here they are built in.
  extensionBundle: z.unknown().optional(),
  functionTimeout: positive.prefault("00:30:00"),
  logging: z
    .strictObject({ logLevel: z.strictObject({ default: level }) })
    .prefault({ logLevel: { default: "information" } }),
  extensions: z
    .strictObject({
      http: z.strictObject({ routePrefix: z.string().default("api") }).prefault({}),
      serviceBus: z
        .strictObject({
          autoCompleteMessages: z.literal(true).optional(),
          maxAutoLockRenewalDuration: timeSpan.prefault("00:05:00"),
          maxConcurrentCalls: count.default(() => 16 * availableParallelism()),
          maxConcurrentSessions: count.default(8),
          sessionIdleTimeout: positive.optional(),
          clientRetryOptions: z
            .strictObject({ tryTimeout: positive.prefault("00:01:00"), maxRetries: z.int().min(0).max(100).default(3) })
            .prefault({}),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** Durations in milliseconds. */
export interface ServiceBusOptions {
  readonly maxAutoLockRenewalMs: number;
  readonly maxConcurrentCalls: number;
  readonly maxConcurrentSessions: number;
  readonly sessionIdleMs: number;
  readonly tryTimeoutMs: number;
  readonly maxRetries: number;
}

export type LogLevel = z.output<typeof level>;

export interface HostConfig {
  /** Without slashes at the ends; empty at the root. */
  readonly routePrefix: string;
  readonly functionTimeoutMs: number;
  readonly maxRequestBytes: number;
  /** Whether the host exports its own telemetry as well. */
  readonly isTelemetryOn: boolean;
  readonly logLevel: LogLevel;
  readonly serviceBus: ServiceBusOptions;
}

/**
 * Reads and checks host.json together with the setting that bounds bodies.
 * @throws ClearError that names everything that is wrong. (The real host stays up and answers 503 to everything.)
 */
export function readHostConfig(path: string, settings: Settings): HostConfig {
  const text = readTextIfPresent(path);
  if (text === undefined) throw new ClearError(`functions: ${path} does not exist.`);
  try {
    return parseHostConfig(JSON.parse(text), settings, path);
  } catch (error) {
    if (error instanceof ClearError) throw error;
    throw new ClearError(`functions: ${path} is not valid JSON (${errorText(error)}).`);
  }
}

/** Like `readHostConfig`, for the parsed content. */
export function parseHostConfig(content: unknown, settings: Settings, path = "host.json"): HostConfig {
  const limit = z.coerce
    .number()
    .pipe(count)
    .safeParse(settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] ?? 104_857_600);
  const parsed = schema.safeParse(content);
  if (!parsed.success || !limit.success) {
    const problems = (parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".")} ${issue.message}`);
    if (!limit.success) problems.push("the setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT must be a number of bytes");
    throw new ClearError(`functions: ${path} is not usable: ${problems.join("; ")}.`);
  }
  const { extensions, functionTimeout, telemetryMode, logging } = parsed.data;
  const { maxAutoLockRenewalDuration, sessionIdleTimeout, clientRetryOptions, ...bus } = extensions.serviceBus;
  return {
    routePrefix: extensions.http.routePrefix.replaceAll(/^\/+|\/+$/gu, ""),
    functionTimeoutMs: functionTimeout,
    maxRequestBytes: limit.data,
    isTelemetryOn: telemetryMode !== undefined,
    logLevel: logging.logLevel.default,
    serviceBus: {
      maxConcurrentCalls: bus.maxConcurrentCalls,
      maxConcurrentSessions: bus.maxConcurrentSessions,
      maxAutoLockRenewalMs: maxAutoLockRenewalDuration,
      sessionIdleMs: sessionIdleTimeout ?? clientRetryOptions.tryTimeout,
      tryTimeoutMs: clientRetryOptions.tryTimeout,
      maxRetries: clientRetryOptions.maxRetries,
    },
  };
}
