// The official emulator's Config.json. The ranges here are those of Azure (Standard tier), not the emulator's narrower
// ones (MaxDeliveryCount 10, time to live 1 hour, ...): a configuration that Azure takes must work here unchanged, and
// every file of the emulator is inside them.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import type { QueueOptions } from "./engine/types.ts";

export interface BrokerConfig {
  readonly namespace: string;
  readonly queues: readonly QueueOptions[];
  /** Topics of the file, which this broker does not serve. */
  readonly leftOut: readonly string[];
}

export interface ConfigLimits {
  /** Shortest lock duration that is accepted; Azure and the emulator: 5 seconds. Tests use less. */
  readonly minLockDurationMs?: number;
}

const SECOND = 1000;
const DAY = 86_400_000;
const MAX_QUEUES = 1000;
/** As the emulator; Azure's smallest queue is 1 GB. `MaxSizeInMegabytes` overrides it. */
const DEFAULT_SIZE_MB = 100;
const MAX_SIZE_MB = 5120;

function duration(minMs: number, maxMs: number, range: string) {
  return z.string().transform((text, check) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    check.addIssue({ code: "custom", message: `must be an ISO 8601 duration of ${range}, e.g. PT1M; it is "${text}"` });
    return z.NEVER;
  });
}

const name = z
  .string()
  .regex(
    /^(?!\$)[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,258}[A-Za-z0-9])?$/,
    "must be 1 to 260 letters, digits, '.', '-', '_' or '/', beginning and ending with a letter or digit",
  );
/** The emulator's samples name it with an empty text. */
const notServed = z.literal("", "forwarding is not served here").optional();

const queueSchema = (limits: ConfigLimits) => {
  const minLock = limits.minLockDurationMs ?? 5 * SECOND;
  return z.object({
    Name: name,
    Properties: z
      .object({
        LockDuration: duration(minLock, 5 * 60 * SECOND, `${minLock / SECOND} seconds to 5 minutes`).default(
          60 * SECOND,
        ),
        MaxDeliveryCount: z.int().min(1).max(2000).default(10),
        DefaultMessageTimeToLive: duration(SECOND, Number.POSITIVE_INFINITY, "at least 1 second").default(
          Number.POSITIVE_INFINITY,
        ),
        RequiresSession: z.boolean().default(false),
        RequiresDuplicateDetection: z.boolean().default(false),
        DuplicateDetectionHistoryTimeWindow: duration(
          Math.min(minLock, 5 * SECOND),
          7 * DAY,
          "5 seconds to 7 days",
        ).default(10 * 60 * SECOND),
        DeadLetteringOnMessageExpiration: z.boolean().default(false),
        ForwardTo: notServed,
        ForwardDeadLetteredMessagesTo: notServed,
        MaxSizeInMegabytes: z.int().min(1).max(MAX_SIZE_MB).default(DEFAULT_SIZE_MB),
      })
      .prefault({}),
  });
};

const configSchema = (limits: ConfigLimits) =>
  z.object({
    UserConfig: z.object({
      Namespaces: z
        .array(
          z.object({
            Name: z.string().min(1),
            Queues: z.array(queueSchema(limits)).max(MAX_QUEUES).default([]),
            Topics: z.array(z.object({ Name: z.string().min(1) })).default([]),
          }),
        )
        .length(1, "must hold exactly one namespace"),
    }),
  });

/** Removes line and block comments, leaving strings alone. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) => (part.startsWith('"') ? part : " "));
}

type ParsedQueue = z.output<ReturnType<typeof queueSchema>>;

function optionsOf({ Name, Properties: properties }: ParsedQueue): QueueOptions {
  return {
    name: Name,
    lockDurationMs: properties.LockDuration,
    maxDeliveryCount: properties.MaxDeliveryCount,
    defaultTtlMs: properties.DefaultMessageTimeToLive,
    requiresSession: properties.RequiresSession,
    duplicateWindowMs: properties.RequiresDuplicateDetection ? properties.DuplicateDetectionHistoryTimeWindow : 0,
    deadLetterOnExpiry: properties.DeadLetteringOnMessageExpiration,
    maxBytes: properties.MaxSizeInMegabytes * 1024 * 1024,
  };
}

/** What the schema cannot see: names that are taken twice. */
function problemsOf(queues: readonly QueueOptions[]): readonly string[] {
  const seen = new Set<string>();
  return queues.flatMap(({ name }) => {
    const isNew = !seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    return isNew ? [] : [`queue '${name}' is there twice (names ignore case)`];
  });
}

/** Checks a Config.json object. Throws an error that names every bad value and where it stands. */
export function parseConfig(config: unknown, source: string, limits: ConfigLimits = {}): BrokerConfig {
  const parsed = configSchema(limits).safeParse(config);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`${source} is not a valid Service Bus configuration:\n${issues.join("\n")}`);
  }
  const [namespace] = parsed.data.UserConfig.Namespaces;
  const queues = (namespace?.Queues ?? []).map(optionsOf);
  const problems = problemsOf(queues);
  if (problems.length > 0) {
    throw new Error(`${source} is not a valid Service Bus configuration:\n  ${problems.join("\n  ")}`);
  }
  return { namespace: namespace?.Name ?? "", queues, leftOut: (namespace?.Topics ?? []).map((topic) => topic.Name) };
}

/** Reads a Config.json file (with comments). */
export async function readConfig(path: string, limits: ConfigLimits = {}): Promise<BrokerConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read the Service Bus configuration ${path}. Check the path given with --config.`, {
      cause: error,
    });
  }
  let config: unknown;
  try {
    config = JSON.parse(withoutComments(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} is not JSON: ${reason}`, { cause: error });
  }
  return parseConfig(config, path, limits);
}
