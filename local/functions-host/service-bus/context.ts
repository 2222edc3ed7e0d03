// What every way of receiving shares: the function, its options, the run of a message and its settlement.
import type { ServiceBusReceivedMessage, ServiceBusReceiver, ServiceBusSessionReceiver } from "@azure/service-bus";
import type { HostFunction, ServiceBusTrigger } from "../function-index.ts";
import type { ServiceBusOptions } from "../host-config.ts";
import type { Invoker } from "../invoker.ts";
import { describeError, type HostLog } from "../log.ts";
import { backOff, LimitPassed, limited, pause } from "../pause.ts";
import { ConnectionUnusable, type BusClients } from "./clients.ts";
import { triggerValue } from "./trigger-value.ts";

export const CATEGORY = "Host.Triggers.ServiceBus";
const REASON = "(null)";

export interface BusContext {
  readonly fn: HostFunction;
  readonly trigger: ServiceBusTrigger;
  /** Connections of this function alone: one that hangs is thrown away without harm to the others. */
  readonly clients: BusClients;
  readonly options: ServiceBusOptions;
  readonly invoker: Invoker;
  readonly log: HostLog;
  /** Aborted when the listener stops. */
  readonly signal: AbortSignal;
  readonly reportError: (error: unknown) => void;
}

/** How long the broker may take to answer: what the SDK is told to wait, and a bit. */
export const answerLimitMs = ({ options }: BusContext): number => options.tryTimeoutMs + ANSWER_GRACE_MS;
const ANSWER_GRACE_MS = 2000;

type AnyReceiver = ServiceBusReceiver | ServiceBusSessionReceiver;

/** Runs the function on one message and settles it by the outcome. Never rejects. */
export async function processMessage(
  context: BusContext,
  receiver: AnyReceiver,
  message: ServiceBusReceivedMessage,
): Promise<void> {
  const outcome = await context.invoker.run(context.fn, { reason: REASON, ...triggerValue(message) });
  await tallyUpgrades(context, receiver, message, outcome.ok ? "Complete" : "Abandon");
}

async function tallyUpgrades(
  context: BusContext,
  receiver: AnyReceiver,
  message: ServiceBusReceivedMessage,
  action: "Complete" | "Abandon",
): Promise<void> {
  const { fn, log } = context;
  try {
    const settling = action === "Complete" ? receiver.completeMessage(message) : receiver.abandonMessage(message);
    await limited(`${action} of a message`, answerLimitMs(context), settling);
  } catch (error) {
    if (error instanceof LimitPassed) context.clients.renew(context.trigger.connection);
    // The lock ends and the message comes again, as for any other lost settlement.
    const where = `(Action=${action}, EntityPath=${receiver.entityPath}, Function=${fn.name})`;
    log.write("warning", CATEGORY, `Message processing error ${where}: ${errorLine(error)}`);
  }
}

/** One line: code and message. */
function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : error.name;
  return `${code}: ${error.message.split("\n")[0] ?? ""}`;
}

/** Errors of a bus that is away come by the dozen: the same text at most once in 30 seconds. */
export function errorReporter(log: HostLog, fn: HostFunction, now: () => number = Date.now): (error: unknown) => void {
  const lastSeen = new Map<string, number>();
  return (error) => {
    const line = errorLine(error);
    const seen = lastSeen.get(line);
    if (seen !== undefined && now() - seen < 30_000) return;
    if (lastSeen.size > 100) lastSeen.clear();
    lastSeen.set(line, now());
    log.write("warning", CATEGORY, `The listener for function '${fn.name}' meets an error and recovers: ${line}`);
  };
}

/**
 * Repeats `work` until the signal is aborted; after a failure with a growing wait (250 ms to 5 s, for a connection that
 * is not set up 1 s to 2 min).
 */
export async function keepTrying(context: BusContext, work: () => Promise<void>): Promise<void> {
  const { signal, fn, log } = context;
  let attempt = 0;
  while (!signal.aborted) {
    try {
      await work();
      attempt = 0;
    } catch (error) {
      if (signal.aborted) return;
      // Whatever hangs ends with its connection, and a session that it still holds is free again.
      if (error instanceof LimitPassed) context.clients.renew(context.trigger.connection);
      const isUnusable = error instanceof ConnectionUnusable;
      const delay = isUnusable ? backOff(attempt, 1000, 120_000) : backOff(attempt, 250, 5000);
      attempt += 1;
      if (isUnusable) {
        const text = `The listener for function 'Functions.${fn.name}' was unable to start: ${error.message}`;
        log.write("error", "Host.Startup", `${text} Next try in ${delay / 1000} s.`);
      } else context.reportError(error);
      await pause(delay, signal);
    }
  }
}

/**
 * Keeps a message locked while it is worked on, for at most `maxAutoLockRenewalMs`. Own code because the SDK tells messages
 * apart by their id alone and goes on renewing for a message that is left unsettled.
 */
export function keepLocked(
  context: BusContext,
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
): () => void {
  const until = Date.now() + context.options.maxAutoLockRenewalMs;
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  let lockedUntil = message.lockedUntilUtc?.getTime() ?? 0;
  const schedule = (): void => {
    const left = lockedUntil - Date.now();
    if (isEnded || left <= 0 || lockedUntil >= until) return;
    timer = setTimeout(() => void renew(), Math.max(50, left / 2));
  };
  const renew = async (): Promise<void> => {
    if (isEnded) return;
    try {
      const renewing = receiver.renewMessageLock(message);
      lockedUntil = (await limited("Renewing a lock", answerLimitMs(context), renewing)).getTime();
    } catch (error) {
      if (!isEnded)
        context.log.write("warning", CATEGORY, `A message's lock could not be renewed: ${describeError(error)}`);
    }
    // After a failure half of what is left of the lock remains for the next try.
    schedule();
  };
  schedule();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}
