// The queues of the broker, as the capabilities declare them (resources.ts). What Azure accepts there is
// checked with the infrastructure (test/infra); here only what the broker needs.
import { z } from "zod";
import { QUEUES } from "../../shared/capabilities.ts";
import { azureQueue } from "../../shared/platform/resources.ts";
import type { QueueOptions } from "./engine/types.ts";

/** Azure's way to say "never": the largest TimeSpan. */
const NEVER_DAYS = 10_675_199;
const DEFAULT_SIZE_MB = 100;

const duration = z
  .string()
  .regex(/^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/, "must be an ISO 8601 duration of days and less")
  .transform((text) => {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = ["D", "H", "M", "S"].map((unit) =>
      Number(new RegExp(`([\\d.]+)${unit}`).exec(text)?.[1] ?? 0),
    );
    if (days >= NEVER_DAYS) return Number.POSITIVE_INFINITY;
    return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
  });

const contractSchema = z.object({
  queues: z.array(
    z.strictObject({
      name: z.string().min(1),
      lockDuration: duration.default(60_000),
      maxDeliveryCount: z.int().min(1).default(10),
      defaultMessageTimeToLive: duration.default(Number.POSITIVE_INFINITY),
      requiresSession: z.boolean().default(false),
      requiresDuplicateDetection: z.boolean().default(false),
      duplicateDetectionHistoryTimeWindow: duration.default(600_000),
      deadLetteringOnMessageExpiration: z.boolean().default(false),
      maxSizeInMegabytes: z.int().min(1).default(DEFAULT_SIZE_MB),
    }),
  ),
});

/** The queues of a contract; without argument, of those that the capabilities declare. The error names every bad value. */
export function queuesFrom(queues: unknown = { queues: QUEUES.map(azureQueue) }): readonly QueueOptions[] {
  const parsed = contractSchema.safeParse(queues);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`This is not a queue contract:\n${issues.join("\n")}`);
  }
  return parsed.data.queues.map((queue) => ({
    name: queue.name,
    lockDurationMs: queue.lockDuration,
    maxDeliveryCount: queue.maxDeliveryCount,
    defaultTtlMs: queue.defaultMessageTimeToLive,
    requiresSession: queue.requiresSession,
    duplicateWindowMs: queue.requiresDuplicateDetection ? queue.duplicateDetectionHistoryTimeWindow : 0,
    deadLetterOnExpiry: queue.deadLetteringOnMessageExpiration,
    maxBytes: queue.maxSizeInMegabytes * 1024 * 1024,
  }));
}
