// When a campaign will have ended, as an 80 % interval: the rest of it is played many times with durations drawn from the
// upgrades that have ended. Pure; the same input and seed give the same answer.
//
// A plain bootstrap is too sure of itself in two ways, both seen as too narrow intervals in test/property/upgrades/eta:
//   - few samples are taken for the whole truth. So every run draws from an urn to which each drawn duration is added
//     (Polya's urn: the predictive distribution of the Bayesian bootstrap); a run can drift as far as the samples allow.
//   - upgrades that take long are still running when the quick ones have been counted. So those under way are drawn
//     first, given that they have lasted this long, and join the urn as well.

export interface EtaQuery {
  /** Milliseconds since the epoch, as all instants here. */
  readonly now: number;
  readonly maxInFlight: number;
  readonly running: readonly { readonly startedAt: number }[];
  /** Those not started, in the order in which they may start. After `windowEnd` one does not start any more. */
  readonly waiting: readonly { readonly notBefore: number; readonly windowEnd?: number }[];
  /** Durations of upgrades that have ended, best of this campaign, roll-backs included. At most 10,000 are used. */
  readonly durationsMs: readonly number[];
  /** Stands in while fewer than five have ended. */
  readonly standardMs: number;
  readonly seed: number;
}

export interface Eta {
  readonly median: number;
  /** In 8 of 10 campaigns the end comes between `low` and `high`. */
  readonly low: number;
  readonly high: number;
  /** How many ended upgrades it rests on; below five the standard duration has a share in it. */
  readonly basedOn: number;
  /** How many of the waiting find no free place in their window (median of the runs) and are left out of the end. */
  readonly missTheirWindow: number;
}

/** Draws per answer, so that it takes well under 300 ms: fewer runs for larger campaigns, which vary less. */
const DRAWS = 600_000;
const MAX_RUNS = 1000;
const MIN_RUNS = 60;
const MAX_SAMPLES = 10_000;
/** Part of the samples that each run does without: those of one campaign are alike, so they tell less than as many unrelated ones would. */
const LEFT_OUT = 0.1;
/** Draws until one is long enough; then the urn is searched. */
const ATTEMPTS = 16;
/** Stand for not knowing, from half to twice the standard duration; each sample takes the place of the first one left. */
const STAND_INS = [0.5, 2, 0.75, 1.4, 1];

/** Throws a RangeError that names the value for a place count, duration or instant that is none. */
export function estimateEnd(query: EtaQuery): Eta {
  const { now, running, waiting } = query;
  const samples = query.durationsMs.slice(-MAX_SAMPLES);
  assertQuery(query, samples);
  const basedOn = samples.length;
  const todo = running.length + waiting.length;
  if (todo === 0) return { median: now, low: now, high: now, basedOn, missTheirWindow: 0 };
  const runs = Math.min(MAX_RUNS, Math.max(MIN_RUNS, Math.floor(DRAWS / todo)));
  const play = prepare(query, samples);
  const ends = new Float64Array(runs);
  const missed = new Float64Array(runs);
  for (let run = 0; run < runs; run++) {
    const result = play();
    ends[run] = result.end;
    missed[run] = result.missed;
  }
  ends.sort();
  missed.sort();
  return {
    median: quantile(ends, 0.5),
    low: quantile(ends, 0.1),
    high: quantile(ends, 0.9),
    basedOn,
    missTheirWindow: quantile(missed, 0.5),
  };
}

/** One run of the rest of the campaign per call. */
function prepare(
  { now, running, waiting, maxInFlight, standardMs, seed }: EtaQuery,
  samples: readonly number[],
): () => { end: number; missed: number } {
  const standIns = STAND_INS.slice(samples.length).map((share) => share * standardMs);
  // The longest first: the others are then drawn with what it tells about long durations.
  const elapsed = running.map(({ startedAt }) => Math.max(0, now - startedAt)).toSorted((a, b) => b - a);
  const queue = waiting.toSorted((a, b) => a.notBefore - b.notBefore);
  const notBefore = Float64Array.from(queue, (one) => Math.max(now, one.notBefore));
  const windowEnd = Float64Array.from(queue, (one) => one.windowEnd ?? Number.POSITIVE_INFINITY);
  const urn = createUrn([...samples, ...standIns], elapsed.length + queue.length, seededUniform(seed));
  const free = createPlaces(Math.min(maxInFlight, elapsed.length + queue.length), now);
  return () => {
    urn.reset();
    free.reset();
    let end = now;
    let missed = 0;
    for (const spent of elapsed) {
      const done = now - spent + urn.drawLongerThan(spent);
      free.take(done);
      end = Math.max(end, done);
    }
    for (let next = 0; next < notBefore.length; next++) {
      const start = Math.max(notBefore[next] ?? now, free.earliest());
      if (start >= (windowEnd[next] ?? start)) {
        missed++;
        continue;
      }
      const done = start + urn.draw();
      free.take(done);
      end = Math.max(end, done);
    }
    return { end, missed };
  };
}

interface Urn {
  reset(): void;
  draw(): number;
  /** Of the whole duration, given that `spent` of it is over. */
  drawLongerThan(spent: number): number;
}

/** Each run starts with nine tenths of the samples, chosen anew; every duration drawn is added. */
function createUrn(samples: readonly number[], draws: number, uniform: () => number): Urn {
  const mixed = Float64Array.from(samples);
  const kept = samples.length - Math.ceil(samples.length * LEFT_OUT);
  const durations = new Float64Array(kept + draws);
  const longestSample = samples.reduce((a, b) => Math.max(a, b), 0);
  const excess = tailExcess(samples);
  let size = 0;
  let longest = 0;
  const beyond = (spent: number): number => spent - excess * Math.log(1 - uniform());
  const add = (duration: number): number => {
    durations[size++] = duration;
    if (duration > longest) longest = duration;
    return duration;
  };
  // Of n samples the longest stands for the last n-th of all durations, so half an n-th lies beyond it.
  const draw = (): number => {
    const index = Math.floor(uniform() * (size + 0.5));
    return index === size ? beyond(longest) : (durations[index] ?? 0);
  };
  return {
    reset() {
      for (let last = mixed.length - 1; last >= kept; last--) swap(mixed, last, Math.floor(uniform() * (last + 1)));
      durations.set(mixed.subarray(0, kept));
      size = kept;
      longest = longestSample;
    },
    draw: () => add(draw()),
    drawLongerThan(spent) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const drawn = draw();
        if (drawn > spent) return add(drawn);
      }
      const longer = durations.subarray(0, size).filter((duration) => duration > spent);
      const picked = longer[Math.floor(uniform() * (longer.length + 0.5))];
      return add(picked ?? beyond(Math.max(spent, longest)));
    },
  };
}

function swap(list: Float64Array, a: number, b: number): void {
  const first = list[a] ?? 0;
  list[a] = list[b] ?? 0;
  list[b] = first;
}

/** How far the longest tenth lies above the rest on average: what is longer still, is longer by about as much. At least
 * a twentieth, so that an upgrade that outlasts many equal ones is not expected to end at once. */
function tailExcess(durations: readonly number[]): number {
  const sorted = durations.toSorted((a, b) => b - a);
  const tail = sorted.slice(0, Math.max(2, Math.ceil(sorted.length / 10)));
  const average = tail.reduce((sum, duration) => sum + duration, 0) / tail.length;
  return Math.max(average - (sorted[tail.length] ?? 0), (sorted[0] ?? 0) / 20);
}

interface Places {
  reset(): void;
  /** When the next place is free. */
  earliest(): number;
  /** The next place is free at `until`; of more upgrades than places only the last ones hold one. */
  take(until: number): void;
}

/** A heap of the times at which the places are free. */
function createPlaces(count: number, now: number): Places {
  const heap = new Float64Array(count);
  const at = (index: number): number => heap[index] ?? Number.POSITIVE_INFINITY;
  return {
    reset: () => void heap.fill(now),
    earliest: () => at(0),
    take(until) {
      if (until <= at(0)) return;
      let index = 0;
      for (;;) {
        const left = 2 * index + 1;
        const child = at(left + 1) < at(left) ? left + 1 : left;
        if (at(child) >= until) break;
        heap[index] = at(child);
        index = child;
      }
      heap[index] = until;
    },
  };
}

const quantile = (sorted: Float64Array, share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);

/** mulberry32: from 0 (inclusive) to 1 (exclusive). */
function seededUniform(seed: number): () => number {
  // In an array, because a number above 2^30 in a variable is allocated anew at every change.
  const kept = Uint32Array.of(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b));
  return () => {
    const state = ((kept[0] ?? 0) + 0x6d2b79f5) | 0;
    kept[0] = state;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function assertQuery(query: EtaQuery, samples: readonly number[]): void {
  const { now, maxInFlight, standardMs, seed, running, waiting } = query;
  const check = (isRight: boolean, name: string, value: number): void => {
    if (!isRight) throw new RangeError(`${name} is not possible: ${value}`);
  };
  check(Number.isSafeInteger(maxInFlight) && maxInFlight >= 1, "maxInFlight", maxInFlight);
  check(Number.isFinite(standardMs) && standardMs > 0, "standardMs", standardMs);
  check(Number.isSafeInteger(now), "now", now);
  check(Number.isSafeInteger(seed), "seed", seed);
  for (const ms of samples) check(Number.isFinite(ms) && ms >= 0, "a duration", ms);
  for (const { startedAt } of running) check(Number.isSafeInteger(startedAt), "startedAt", startedAt);
  for (const { notBefore, windowEnd } of waiting) {
    check(Number.isSafeInteger(notBefore), "notBefore", notBefore);
    check(windowEnd === undefined || Number.isSafeInteger(windowEnd), "windowEnd", windowEnd ?? 0);
  }
}
