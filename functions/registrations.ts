// What index.ts registers, by name. The host was told of it at the start already (main.ts), with the same options.

import type { HttpFunctionOptions, ServiceBusQueueFunctionOptions, TimerFunctionOptions } from "@azure/functions";

interface Registrations {
  readonly http: Map<string, HttpFunctionOptions>;
  readonly timers: Map<string, TimerFunctionOptions>;
  readonly queues: Map<string, ServiceBusQueueFunctionOptions>;
}

export const registrations: Registrations = { http: new Map(), timers: new Map(), queues: new Map() };

/** Takes the place of the package's `app`, which would answer that it is too late. */
export const app = {
  http: (name: string, options: HttpFunctionOptions) => void registrations.http.set(name, options),
  timer: (name: string, options: TimerFunctionOptions) => void registrations.timers.set(name, options),
  serviceBusQueue: (name: string, options: ServiceBusQueueFunctionOptions) =>
    void registrations.queues.set(name, options),
};
