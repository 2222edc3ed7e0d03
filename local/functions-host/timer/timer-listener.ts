// Runs one timer function on its schedule: never two runs at once, and a missed occurrence is made up for at the start.
import { join } from "node:path";
import { readTextIfPresent, writeFileAtomically } from "../../support/files.ts";
import type { HostFunction, TimerTrigger } from "../function-index.ts";
import type { Invoker } from "../invoker.ts";
import type { Listener } from "../listener.ts";
import { describeError, type HostLog } from "../log.ts";
import { pause } from "../pause.ts";
import { decideOnStart, dotNetDate, parseTimerStatus, statusAfterRun, timerValue } from "./timer-status.ts";
import type { TimerStatus } from "./timer-status.ts";

const CATEGORY = "Host.Triggers.Timer";
// Long waits are cut, so that a clock that was set does not shift the schedule for days.
const MAX_WAIT_MS = 1000;

export interface TimerOptions {
  readonly fn: HostFunction;
  readonly trigger: TimerTrigger;
  readonly invoker: Invoker;
  readonly log: HostLog;
  /** Folder of the status files. */
  readonly statusDir: string;
}

/** Starts the schedule; a run that was missed begins at once. */
export function startTimer(options: TimerOptions): Listener {
  const stopping = new AbortController();
  const loop = runLoop(options, stopping.signal).catch((error: unknown) => {
    options.log.write("error", CATEGORY, `The timer of '${options.fn.name}' has ended: ${describeError(error)}`);
  });
  return {
    stop() {
      stopping.abort();
      return loop;
    },
  };
}

/** The value for a run by hand: never past due, with what is remembered. */
export const manualTimerValue = ({ fn, trigger, statusDir }: Pick<TimerOptions, "fn" | "trigger" | "statusDir">) =>
  timerValue(trigger.schedule.canBeMonitored ? readStatus(statusDir, fn.name) : undefined, false);

async function runLoop(options: TimerOptions, signal: AbortSignal): Promise<void> {
  const { fn, trigger, log, statusDir } = options;
  const { schedule } = trigger;
  let status: TimerStatus | undefined;
  const fire = async (isPastDue: boolean): Promise<void> => {
    const ranAt = Date.now();
    await run(options, ranAt, status, isPastDue);
    if (!schedule.canBeMonitored) return;
    status = statusAfterRun(schedule, ranAt);
    saveStatus(options, status);
  };
  let isPastDue = false;
  if (schedule.canBeMonitored) {
    const decision = decideOnStart(readStatus(statusDir, fn.name), schedule, Date.now());
    ({ status, isPastDue } = decision);
    if (decision.isChanged) saveStatus(options, status);
  }
  if (isPastDue) {
    log.write("information", CATEGORY, `Function '${fn.name}' is past due on startup. Executing now.`);
    await fire(true);
  }
  while (!signal.aborted) {
    // Computed after the run before: what fell due meanwhile is left out.
    let due = schedule.next(new Date()).getTime();
    for (let wait = due - Date.now(); wait > 0 && !signal.aborted; wait = due - Date.now()) {
      await pause(Math.min(wait, MAX_WAIT_MS), signal);
      // A clock that was set back meanwhile has an earlier occurrence: the hour that it was ahead is not waited for.
      due = Math.min(due, schedule.next(new Date(Date.now() - 1)).getTime());
    }
    if (!signal.aborted) await fire(false);
  }
}

/** A failed run is logged by the invoker and does not stop the schedule. */
async function run({ fn, invoker }: TimerOptions, ranAt: number, status: TimerStatus | undefined, late: boolean) {
  await invoker.run(fn, {
    reason: `Timer fired at ${dotNetDate(ranAt)}`,
    data: { json: JSON.stringify(timerValue(status, late)) },
  });
}

// Function names hold only letters, digits, "_" and "-"; the file name is in lower case as names have no case.
const statusFile = (statusDir: string, name: string): string => join(statusDir, `${name.toLowerCase()}.json`);

const readStatus = (statusDir: string, name: string): TimerStatus | undefined =>
  parseTimerStatus(readTextIfPresent(statusFile(statusDir, name)));

function saveStatus({ fn, statusDir, log }: TimerOptions, status: TimerStatus): void {
  try {
    writeFileAtomically(statusFile(statusDir, fn.name), JSON.stringify(status));
  } catch (error) {
    // The schedule goes on; only a missed occurrence would go unnoticed after a restart.
    log.write("warning", CATEGORY, `The status of '${fn.name}' could not be saved: ${describeError(error)}`);
  }
}
