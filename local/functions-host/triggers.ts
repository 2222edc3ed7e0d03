// Starts the listeners of all triggers but HTTP, and makes the trigger value of a run by hand.
import { join } from "node:path";
import type { HostFunction, ServiceBusTrigger } from "./function-index.ts";
import type { HostConfig } from "./host-config.ts";
import type { Invoker } from "./invoker.ts";
import type { Listener } from "./listener.ts";
import type { HostLog } from "./log.ts";
import { startBusListeners } from "./service-bus/bus-listener.ts";
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

/** One listener per timer, and one for the Service Bus functions, as far as they are not in error. */
export function startTriggers(options: TriggerOptions): readonly Listener[] {
  const { functions, invoker, log } = options;
  const listeners: Listener[] = [];
  const onBus: { fn: HostFunction; trigger: ServiceBusTrigger }[] = [];
  for (const fn of functions) {
    const { trigger } = fn;
    if (trigger === undefined) continue;
    if (trigger.kind === "timer")
      listeners.push(startTimer({ fn, trigger, invoker, log, statusDir: statusDir(options) }));
    else if (trigger.kind === "serviceBus") onBus.push({ fn, trigger });
  }
  const { config, settings } = options;
  if (onBus.length > 0) {
    listeners.push(startBusListeners({ functions: onBus, options: config.serviceBus, settings, invoker, log }));
  }
  return listeners;
}

/** Starts a run of a function by hand and does not wait for it. */
export function runTriggerByHand(options: TriggerOptions, fn: HostFunction, input: string): void {
  const { trigger } = fn;
  if (trigger === undefined || trigger.kind === "http") return;
  const reason = "This function was programmatically called via the host APIs.";
  const data =
    trigger.kind === "timer"
      ? { json: JSON.stringify(manualTimerValue({ fn, trigger, statusDir: statusDir(options) })) }
      : { string: input };
  // The invoker reports the outcome in the log; it never rejects.
  void options.invoker.run(fn, { reason, data });
}
