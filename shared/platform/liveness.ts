// Whether the app works: readiness checks with time limits, and a self-check of what the host silently leaves out (a bad
// schedule or an unresolved %SETTING% disables one function, everything else runs on).
import { MINUTE_MS } from "../kernel/time/durations.ts";
import { describeFailure } from "../kernel/failures.ts";
import type { Clock } from "./clock/clock.ts";
import { withDeadline } from "./deadline.ts";

export interface ReadinessCheck {
  readonly name: string;
  /** Resolves when all is well; throws what is wrong. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Milliseconds; 3,000 when absent. */
  readonly timeoutMs?: number;
}

export interface CheckReport {
  readonly name: string;
  readonly ok: boolean;
  readonly durationMs: number;
  /** One bounded line, without secrets: for the log and for operators, not for the public. */
  readonly reason?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly CheckReport[];
}

const TIMEOUT_MS = 3000;
const MAX_REASON = 200;

/** Runs all checks side by side; takes as long as the slowest or its time limit. */
export async function readiness(checks: readonly ReadinessCheck[], clock: Clock): Promise<Readiness> {
  const reports = await Promise.all(checks.map((check) => report(check, clock)));
  return { ready: reports.every(({ ok }) => ok), checks: reports };
}

async function report({ name, run, timeoutMs }: ReadinessCheck, clock: Clock): Promise<CheckReport> {
  const started = clock.now();
  try {
    // Inside, so that a check that throws before it returns a promise is a report as well.
    await withDeadline(`Check ${name}`, timeoutMs ?? TIMEOUT_MS, async (signal) => run(signal));
    return { name, ok: true, durationMs: clock.now() - started };
  } catch (error) {
    return { name, ok: false, durationMs: clock.now() - started, reason: describeFailure(error, MAX_REASON) };
  }
}

export interface ExpectedTimer {
  readonly name: string;
  /** Longest time between two runs while all is well, in milliseconds. */
  readonly everyMs: number;
}

export interface SelfCheckInput {
  /** Functions the app means to have, and those it has registered. */
  readonly expected: readonly string[];
  readonly registered: readonly string[];
  readonly timers: readonly ExpectedTimer[];
  /** Timer -> when it last ended without an error, milliseconds since the epoch. */
  readonly lastRuns: ReadonlyMap<string, number>;
  readonly startedAt: number;
  readonly now: number;
}

/** A timer may miss one run and be late by this much before it counts as stopped. */
const TIMER_GRACE_MS = MINUTE_MS;

/** What is wrong with the running functions, one sentence each; empty when nothing is. */
export function selfCheck(input: SelfCheckInput): readonly string[] {
  const { expected, registered, timers, lastRuns, startedAt, now } = input;
  const missing = expected.filter((name) => !registered.includes(name));
  const unknown = registered.filter((name) => !expected.includes(name));
  const doubled = registered.filter((name, index) => registered.indexOf(name) !== index);
  return [
    ...missing.map((name) => `Function ${name} is not registered.`),
    ...unknown.map((name) => `Function ${name} is registered but not expected.`),
    ...doubled.map((name) => `Function ${name} is registered twice.`),
    ...timers.flatMap(({ name, everyMs }) => {
      const last = lastRuns.get(name);
      const silentMs = now - Math.max(last ?? startedAt, startedAt);
      if (silentMs <= 2 * everyMs + TIMER_GRACE_MS) return [];
      const since = last === undefined ? "the start" : new Date(last).toISOString();
      return [`Timer ${name} has not run since ${since}; it should every ${Math.round(everyMs / 1000)} s.`];
    }),
  ];
}

/** What this process has registered and when its timers last ran, for selfCheck. One per process. */
export interface FunctionRegistry {
  registered(name: string): void;
  /** Call when the work of a timer or a queue's function has ended without an error. */
  ran(name: string): void;
  /** When that was; undefined when it never has. */
  lastRun(name: string): number | undefined;
  check(expected: readonly string[], timers: readonly ExpectedTimer[]): readonly string[];
}

export function functionRegistry(clock: Clock): FunctionRegistry {
  const startedAt = clock.now();
  const names: string[] = [];
  const lastRuns = new Map<string, number>();
  return {
    registered: (name) => void names.push(name),
    ran: (name) => void lastRuns.set(name, clock.now()),
    lastRun: (name) => lastRuns.get(name),
    check: (expected, timers) =>
      selfCheck({ expected, registered: names, timers, lastRuns, startedAt, now: clock.now() }),
  };
}
