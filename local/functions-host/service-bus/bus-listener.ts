// The listeners of all Service Bus functions. Each has a connection of its own, so that what hangs is one function's.
import { setMaxListeners } from "node:events";
import type { HostFunction, ServiceBusTrigger } from "../function-index.ts";
import type { ServiceBusOptions } from "../host-config.ts";
import type { Invoker } from "../invoker.ts";
import type { Listener } from "../listener.ts";
import { describeError, type HostLog } from "../log.ts";
import type { Settings } from "../settings.ts";
import { busClients } from "./clients.ts";
import { CATEGORY, errorReporter, type BusContext } from "./context.ts";
import { receiveQueue } from "./receive-queue.ts";
import { receiveSessions } from "./receive-sessions.ts";

export interface BusListenerOptions {
  readonly functions: readonly { readonly fn: HostFunction; readonly trigger: ServiceBusTrigger }[];
  readonly options: ServiceBusOptions;
  readonly settings: Settings;
  readonly invoker: Invoker;
  readonly log: HostLog;
}

/** Starts to receive for every function; a bus that is away or not set up keeps no other function from running. */
export function startBusListeners({ functions, options, settings, invoker, log }: BusListenerOptions): Listener {
  const stopping = new AbortController();
  // Every session and acceptor listens to it.
  setMaxListeners(0, stopping.signal);
  const listening = functions.map(async ({ fn, trigger }) => {
    const clients = busClients(settings, options);
    const context: BusContext = {
      fn,
      trigger,
      clients,
      options,
      invoker,
      log,
      signal: stopping.signal,
      reportError: errorReporter(log, fn),
    };
    try {
      await (trigger.isSessionsEnabled ? receiveSessions(context) : receiveQueue(context));
    } catch (error) {
      log.write("error", CATEGORY, `The listener for function '${fn.name}' has ended: ${describeError(error)}`);
    } finally {
      await clients.close();
    }
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(listening);
    },
  };
}
