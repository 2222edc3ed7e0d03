// What the benchmark's processes tell each other, checked where it is read.
import { z } from "zod";

export const CONTESTANTS = ["ours", "floor-egt", "floor-write", "floor-sdk-egt", "floor-queue"] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

/** The partition (campaign) of the measured upgrades. */
export const MEASURED_CAMPAIGN = "c-measured";

export const jobSchema = z.object({
  contestant: z.enum(CONTESTANTS),
  organisations: z.int().positive(),
  warmUp: z.int().nonnegative(),
  concurrency: z.int().positive(),
  sessionIdleMs: z.int().nonnegative(),
  tables: z.string(),
  bus: z.string(),
  controlPlane: z.string(),
  azuritePid: z.int(),
  brokerPid: z.int(),
  stubPid: z.int(),
});
/** One run of one contestant, in a process of its own. */
export type Job = Readonly<z.infer<typeof jobSchema>>;

export const PHASES = ["ready", "created", "done"] as const;
export type Phase = (typeof PHASES)[number];

export const measurementSchema = z.object({
  creation: z.object({ wallMs: z.number(), cpuMs: z.number() }),
  wallMs: z.number(),
  /** CPU milliseconds in the measured window. */
  cpuMs: z.object({ own: z.number(), azurite: z.number(), broker: z.number(), stub: z.number() }),
  /** Per organisation: from being picked up by a worker to the durable end (and settled message). Milliseconds. */
  p50Ms: z.number(),
  p99Ms: z.number(),
});
export type Measurement = Readonly<z.infer<typeof measurementSchema>>;

/** What a contestant's process sends; after each phase it waits until it is told to go on. */
export const fromContestantSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("phase"), phase: z.enum(PHASES) }),
  z.object({ kind: z.literal("measured"), measurement: measurementSchema }),
]);
export type FromContestant = z.infer<typeof fromContestantSchema>;

/** How a contestant takes part. Between the calls nothing of it may be at work. */
export interface Contestant {
  /** What is there before anybody thinks of a campaign; not counted. */
  prepare(prefix: string, organisations: number): Promise<void>;
  /** Makes the rows of organisations `<prefix>-0000` ...; not part of the measured window. */
  create(campaignId: string, prefix: string, organisations: number): Promise<void>;
  /** Upgrades them all; resolves with the milliseconds each one took when all have durably ended. */
  run(campaignId: string): Promise<readonly number[]>;
  /** Resolves when no call to a server is under way any more. */
  settle(campaignId: string): Promise<void>;
}

export const organisationIdOf = (prefix: string, index: number): string =>
  `${prefix}-${String(index).padStart(4, "0")}`;
