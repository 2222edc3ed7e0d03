// The complete test of an organisation's basic functions, as a user would use them (facts: login, search, storage,
// document access). It stores one marked document, finds, reads, changes and removes it.
//
// FS1 A run ends within its limit, clean-up included.
// FS2 A run has one result per entry of FUNCTIONAL_STEPS, in that order; it has passed only if all of them did.
// FS3 What a run stored is removed, or its result says that it may be left.

import { defined } from "../../kernel/defined.ts";
import { describeFailure, PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { HttpTrouble } from "../../platform/http-client/http-failures.ts";
import { cleanUp } from "./functional-clean-up.ts";
import { FUNCTIONAL_STEPS, type FunctionalResult, type StepResult } from "./functional-result.ts";
import { newRun, type FunctionalDeps, type FunctionalOptions, type FunctionalRun } from "./functional-run.ts";
import { STEP_ACTIONS } from "./functional-steps.ts";
import { boundBy } from "../platform-api/platform.ts";
import type { PlatformTarget } from "../platform-api/target.ts";

type Step = (typeof FUNCTIONAL_STEPS)[number];

/** How long a throttled step pauses when the answer does not say. */
const DEFAULT_THROTTLE_PAUSE_MS = 1_000;

/**
 * Tests one organisation. Every failure of the organisation or the network is in the result; only defects and a
 * target that makes no sense throw.
 */
export async function runFunctionalSuite(
  target: PlatformTarget,
  deps: FunctionalDeps,
  options: FunctionalOptions = {},
): Promise<FunctionalResult> {
  const run = newRun(target, deps, options);
  const steps: StepResult[] = [];
  let cleanedUp = false;
  try {
    for (const step of FUNCTIONAL_STEPS) {
      // Before the session is given back, for it needs one.
      if (step.name === "logOff") cleanedUp = await cleanUp(run);
      steps.push(await perform(step, run, steps));
    }
  } catch (defect) {
    await cleanUp(run);
    throw defect;
  }
  return summarise(run, steps, cleanedUp);
}

async function perform(step: Step, run: FunctionalRun, before: readonly StepResult[]): Promise<StepResult> {
  const { name } = step;
  const skipped: StepResult = { name, outcome: "skipped", durationMs: 0 };
  if (isSkipped(step, before)) return skipped;
  const startedAt = run.deps.clock.now();
  const limitMs = Math.min(run.limits.stepMs, timeLeft(run, startedAt, step.name === "logOff"));
  if (limitMs <= 0) {
    // The first step without time is what failed, so that a run that was cut off never passes.
    if (before.some((one) => one.outcome === "failed")) return skipped;
    const message = `The time of the run (${run.limits.totalMs} ms) was used up before this step.`;
    return { name, outcome: "failed", durationMs: 0, failure: { class: "transient", message } };
  }
  const signal = AbortSignal.timeout(limitMs);
  try {
    await attempt(step, run, signal, startedAt + limitMs);
    return { name, outcome: "passed", durationMs: elapsed(run, startedAt) };
  } catch (error) {
    const failure = failureOfStep(error, signal, limitMs);
    return { name, outcome: "failed", durationMs: elapsed(run, startedAt), failure };
  }
}

/** Does the step; a throttled one once more after the pause that was asked for, once per run and within the limit. */
async function attempt(step: Step, run: FunctionalRun, signal: AbortSignal, endsAt: number): Promise<void> {
  const platform = boundBy(run.platform, signal);
  const act = (): Promise<void> => STEP_ACTIONS[step.name](run, platform, signal);
  try {
    await act();
  } catch (error) {
    const throttled = error instanceof HttpTrouble && error.status === 429;
    if (!throttled || run.found.throttled === true) throw error;
    const pauseMs = error.retryAfterMs ?? DEFAULT_THROTTLE_PAUSE_MS;
    if (run.deps.clock.now() + pauseMs >= endsAt) throw error;
    run.found.throttled = true;
    try {
      await run.deps.wait(pauseMs, signal);
      await act();
    } catch (again) {
      // No time was left to see whether it works: what is known of the step is that it was throttled.
      throw signal.aborted ? error : again;
    }
  }
}

/** Also when a critical step has failed: the verdict cannot get worse, so only what cleans up is done. */
function isSkipped({ needs, cleansUp }: Step, before: readonly StepResult[]): boolean {
  const passed = (name: string): boolean => before.some((one) => one.name === name && one.outcome === "passed");
  if (needs !== undefined && !passed(needs)) return true;
  return !cleansUp && worstFailure(before)?.severity === "critical";
}

/** Time for steps until what is kept back for cleaning up begins; the last step may use that too. */
function timeLeft({ startedAt, limits }: FunctionalRun, now: number, isLast: boolean): number {
  return startedAt + limits.totalMs - (isLast ? 0 : limits.cleanUpMs) - now;
}

function failureOfStep(error: unknown, signal: AbortSignal, limitMs: number): NonNullable<StepResult["failure"]> {
  if (error instanceof PermanentFailure) return { class: "permanent", message: describeFailure(error) };
  if (error instanceof HttpTrouble && error.status === 429) {
    return { class: "transient", message: describeFailure(error), isThrottled: true };
  }
  if (signal.aborted) {
    const late = new TransientFailure(`Not done within ${Math.round(limitMs)} ms`, { cause: error });
    return { class: "transient", message: describeFailure(late) };
  }
  if (!(error instanceof TransientFailure)) throw error;
  return { class: "transient", message: describeFailure(error) };
}

const elapsed = ({ deps }: FunctionalRun, since: number): number => Math.max(0, deps.clock.now() - since);

/** The first failed step of the worst severity. */
function worstFailure(steps: readonly StepResult[]): Pick<Step, "name" | "severity"> | undefined {
  const failed = new Set(steps.filter((one) => one.outcome === "failed").map((one) => one.name));
  const entries = FUNCTIONAL_STEPS.filter((step) => failed.has(step.name));
  return entries.find((step) => step.severity === "critical") ?? entries[0];
}

function summarise(run: FunctionalRun, steps: readonly StepResult[], cleanedUp: boolean): FunctionalResult {
  const worst = worstFailure(steps);
  return {
    organisationId: run.target.organisationId,
    outcome: worst === undefined ? "passed" : "failed",
    ...defined({ version: run.found.version }),
    startedAt: run.startedAt,
    durationMs: elapsed(run, run.startedAt),
    steps: [...steps],
    ...(worst === undefined ? {} : { failedStep: worst.name, severity: worst.severity }),
    cleanedUp,
  };
}
