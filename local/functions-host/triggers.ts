// Starts the listeners of all triggers but HTTP, and makes the trigger value of a run by hand.
import { join } from "node:path";
import type { HostFunction } from "./function-index.ts";
import type { HostConfig } from "./host-config.ts";
import type { Invoker } from "./invoker.ts";
import type { Listener } from "./listener.ts";
import type { HostLog } from "./log.ts";
import type { Settings } from "./settings.ts";
import { manualTimerValue, startTimer } from "./timer/timer-listener.ts";

export interface TriggerOptions {
  readonly functions: readonly HostFunction[];
  readonly invoker: Invoker;
  readonly config: HostConfig;
  readonly log: HostLog;
  readonly settings: Settings;
  readonly dataDir: string;
}

const statusDir = ({ dataDir }: TriggerOptions): string => join(dataDir, "timers");

/** One listener per enabled timer and Service Bus function that is not in error. */
export function startTriggers(options: TriggerOptions): readonly Listener[] {
  const { functions, invoker, log } = options;
  const listeners: Listener[] = [];
  for (const fn of functions) {
    if (fn.isDisabled || fn.trigger === undefined) continue;
    if (fn.trigger.kind === "timer") {
      listeners.push(startTimer({ fn, trigger: fn.trigger, invoker, log, statusDir: statusDir(options) }));
    }
  }
  return listeners;
}

/** Starts a run of a function by hand and does not wait for it; tells what is wrong with the input, if anything. */
export function runTriggerByHand(options: TriggerOptions, fn: HostFunction, input: string): string | undefined {
  const reason = "This function was programmatically called via the host APIs.";
  if (fn.trigger?.kind === "timer") {
    const value = manualTimerValue({ fn, trigger: fn.trigger, statusDir: statusDir(options) });
    void options.invoker.run(fn, { reason, data: { json: JSON.stringify(value) } });
    return undefined;
  }
  void options.invoker.run(fn, { reason, data: { string: input } });
  return undefined;
}
