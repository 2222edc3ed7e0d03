// How a function of any kind is registered at the host: traced, held while the clock is wrong, its last failure reported.

import { app as host, type InvocationContext, type ServiceBusQueueHandler } from "@azure/functions";
import { QUEUES } from "../shared/capabilities.ts";
import { asReports } from "../shared/notices/messages.ts";
import { MAIL_REPORT_QUEUE } from "../shared/notices/resources.ts";
import { heldQueueHandler, unlessClockOff } from "../shared/platform/clock/held-by-clock.ts";
import { steadyClock } from "../shared/platform/clock/clock.ts";
import type { Endpoint } from "../shared/platform/http/endpoint.ts";
import { httpOptions } from "../shared/platform/http/to-http-handler.ts";
import { tracedHandler, type TracedFunction } from "../shared/platform/telemetry/traced-handler.ts";
import type { App } from "./compose.ts";
import { reportingLastDelivery, reportingTimer } from "./report-failures.ts";

const deliveries = new Map(QUEUES.map(({ name, maxDeliveryCount }) => [name, maxDeliveryCount]));

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
    timer: (name: string, schedule: string, work: () => Promise<unknown>): void => {
      const reported = reportingTimer(reporting, name, work);
      host.timer(noted(name), {
        schedule,
        handler: traced({ name, trigger: "timer" }, async () => {
          if (await unlessClockOff(held, name, reported)) registry.ran(name);
        }),
      });
    },

    queue: (name: string, queueName: string, handler: ServiceBusQueueHandler, isSessionsEnabled = false): void => {
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
      const maxDeliveryCount = deliveries.get(queueName) ?? 1;
      const of = { name, trigger: "serviceBus", maxDeliveryCount } as const;
      host.serviceBusQueue(noted(name), {
        connection: "ServiceBus",
        queueName,
        isSessionsEnabled,
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
