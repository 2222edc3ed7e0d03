// How a function of any kind is registered at the host: traced, held while the clock is wrong, its last failure reported.

import type { InvocationContext, ServiceBusQueueHandler } from "@azure/functions";
import { QUEUES, TIMERS, type QueueFunctionName, type TimerName } from "../shared/capabilities.ts";
import { asReports } from "../shared/notices/messages.ts";
import { MAIL_REPORT_QUEUE } from "../shared/notices/resources.ts";
import { heldQueueHandler, unlessClockOff } from "../shared/platform/clock/held-by-clock.ts";
import { steadyClock } from "../shared/platform/clock/clock.ts";
import type { Endpoint } from "../shared/platform/http/endpoint.ts";
import { httpOptions } from "../shared/platform/http/to-http-handler.ts";
import { tracedHandler, type TracedFunction } from "../shared/platform/telemetry/traced-handler.ts";
import type { App } from "./compose.ts";
import { app as host } from "./registrations.ts";
import { reportingLastDelivery, reportingTimer } from "./report-failures.ts";

function declared<T>(all: readonly T[], isIt: (one: T) => boolean): T {
  const found = all.find(isIt);
  if (found === undefined) throw new Error("A function is registered that no resources.ts declares.");
  return found;
}

export function registrar(app: App) {
  const { registry, log, clock, clockWatch, bus, telemetry, incidents } = app;
  const reporting = { log, clock, raiseIncident: incidents.raise };
  const held = { clockWatch, bus, log, reportClockOff: incidents.reportClockOff };
  const http = { authenticate: app.authenticate, audit: app.audit.log, clockWatch, log };
  /** Notes what was registered and which functions run: the readiness probe compares it with what should. */
  const noted = (name: string): string => {
    registry.registered(name);
    return name;
  };
  const traced = <I, O>(
    of: TracedFunction,
    handler: (input: I, context: InvocationContext) => O | Promise<O>,
  ): ((input: I, context: InvocationContext) => Promise<O>) => tracedHandler(telemetry, steadyClock, of, handler);

  return {
    /** What its `resources.ts` declares: when it runs. */
    timer: (name: TimerName, work: () => Promise<unknown>): void => {
      const { setting } = declared(TIMERS, (one) => one.name === name);
      const reported = reportingTimer(reporting, name, work);
      host.timer(noted(name), {
        schedule: `%${setting}%`,
        handler: traced({ name, trigger: "timer" }, async () => {
          if (await unlessClockOff(held, name, reported)) registry.ran(name);
        }),
      });
    },

    /** What its `resources.ts` declares: which queue it takes from. */
    queue: (name: QueueFunctionName, handler: ServiceBusQueueHandler): void => {
      const {
        name: queueName,
        requiresSession,
        maxDeliveryCount,
      } = declared(QUEUES, (one) => one.functionName === name);
      const noting: ServiceBusQueueHandler = async (message, context) => {
        await handler(message, context);
        registry.ran(name);
      };
      const holding = heldQueueHandler(
        held,
        queueName,
        noting,
        queueName === MAIL_REPORT_QUEUE ? asReports : undefined,
      );
      const of = { name, trigger: "serviceBus", maxDeliveryCount } as const;
      host.serviceBusQueue(noted(name), {
        connection: "ServiceBus",
        queueName,
        isSessionsEnabled: requiresSession,
        // Around everything: what hands a message back may fail at its last delivery as well.
        handler: traced(of, reportingLastDelivery(reporting, { name, queue: queueName, maxDeliveryCount }, holding)),
      });
    },

    http: (endpoint: Endpoint): void => {
      const { handler, ...options } = httpOptions(endpoint, http);
      host.http(noted(endpoint.name), {
        ...options,
        handler: traced({ name: endpoint.name, trigger: "http" }, handler),
      });
    },
  };
}
