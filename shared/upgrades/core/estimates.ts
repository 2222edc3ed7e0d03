// How long upgrades and roll-backs take, learned from those that have ended. Pure.
//
//   E1  The samples are a set: adding one twice, late or in another order gives the same samples.
//   E2  Of each kind the 200 newest are kept, by the time at which they ended.

import { DAY_MS } from "../../kernel/time/durations.ts";
import { z } from "zod";
import { bucketOf } from "../../kernel/bucket.ts";

/** Of each kind. A row with all of them takes about 18 KB of JSON. */
const MAX_SAMPLES = 200;

/** The newest samples must hold by themselves: see `p95`. */
const NEWEST = 20;

/** No upgrade takes longer; a longer one was measured wrongly. */
const MAX_MS = 7 * DAY_MS;

const sampleSchema = z.strictObject({
  /** 32-bit fingerprint of `campaign:organisation`. Two that collide (1 in 40,000 for full rows) cost one sample. */
  key: z.int().nonnegative(),
  /** When it ended, in milliseconds since the epoch. */
  at: z.int().nonnegative(),
  ms: z.int().nonnegative().max(MAX_MS),
});

/** The stored row, below 30 KB of JSON; each kind fits into one cell of a table. */
export const samplesSchema = z.strictObject({
  /** From going offline to being online on the new version, by `at`. */
  upgradeMs: z.array(sampleSchema).max(MAX_SAMPLES).readonly(),
  /** From the failure to being online on the previous version, by `at`. */
  rollBackMs: z.array(sampleSchema).max(MAX_SAMPLES).readonly(),
});
export type Sample = Readonly<z.infer<typeof sampleSchema>>;
export type Samples = Readonly<z.infer<typeof samplesSchema>>;

export const NO_SAMPLES: Samples = { upgradeMs: [], rollBackMs: [] };

/** An upgrade that has ended. Durations are those that apply: a roll-back has both when the upgrade itself was measured. */
export interface Finished {
  readonly campaignId: string;
  readonly organisationId: string;
  readonly at: number;
  readonly upgradeMs?: number;
  readonly rollBackMs?: number;
}

/** Throws a RangeError, naming the upgrade, for a duration that is none or is longer than a week. */
export function addSamples(samples: Samples, finished: readonly Finished[]): Samples {
  const of = (kind: keyof Samples): readonly Sample[] =>
    newest([...samples[kind], ...finished.flatMap((one) => sampleOf(one, one[kind]))]);
  return { upgradeMs: of("upgradeMs"), rollBackMs: of("rollBackMs") };
}

/** The durations alone, for `estimateEnd`. */
export const durationsOf = (samples: readonly Sample[]): readonly number[] => samples.map(({ ms }) => ms);

/**
 * 95th percentile (nearest rank) in milliseconds, and never less than that of the 20 newest alone: when a release is
 * slower than all before, the old samples would hide it until a fleet has overrun its windows. Of 20 the nearest rank is
 * the second longest, so that a single outlier changes nothing. (With the longest of the 20, one upgrade that hung for
 * hours would keep every other from fitting into its window, and so from ever correcting the estimate.)
 * `standardMs` until there are as many.
 */
export function p95(samples: readonly Sample[], standardMs: number): number {
  if (samples.length < NEWEST) return standardMs;
  return Math.max(nearestRank(durationsOf(samples)), nearestRank(durationsOf(samples.slice(-NEWEST))));
}

/** What an upgrade usually takes; nothing until there are enough samples. */
export function usualTimes(samples: readonly Sample[]) {
  if (samples.length < NEWEST) return {};
  const durations = durationsOf(samples);
  return {
    fastestMs: nearestRank(durations, 0.05),
    usualMs: nearestRank(durations, 0.5),
    averageMs: Math.round(durations.reduce((sum, one) => sum + one, 0) / durations.length),
  };
}

function nearestRank(durations: readonly number[], share = 0.95): number {
  const sorted = durations.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

/** Whether something can be learned from such a duration. */
export const isMeasure = (ms: number): boolean => Number.isSafeInteger(ms) && ms >= 0 && ms <= MAX_MS;

function sampleOf({ campaignId, organisationId, at }: Finished, ms: number | undefined): readonly Sample[] {
  if (ms === undefined) return [];
  const name = `${campaignId}:${organisationId}`;
  if (!Number.isSafeInteger(at) || at < 0) throw new RangeError(`upgrade ${name}: at must be an instant, was ${at}`);
  if (!isMeasure(ms)) {
    throw new RangeError(`upgrade ${name}: must have taken 0 to ${MAX_MS} whole milliseconds, was ${ms}`);
  }
  return [{ key: bucketOf(name, 2 ** 32), at, ms }];
}

/** One sample of each key, its latest, and of these the newest: by rules that do not depend on the order of adding. */
function newest(samples: readonly Sample[]): readonly Sample[] {
  const latest = new Map<number, Sample>();
  for (const sample of samples.toSorted(byEnd)) latest.set(sample.key, sample);
  return [...latest.values()].toSorted(byEnd).slice(-MAX_SAMPLES);
}

const byEnd = (a: Sample, b: Sample): number => a.at - b.at || a.key - b.key || a.ms - b.ms;
