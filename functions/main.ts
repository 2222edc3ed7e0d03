// What the host loads. It tells the host which functions there are, by the declarations of the capabilities and the list of
// endpoints that `npm run contract` writes, and loads them with the first call, after telemetry: a start reads no schema of the
// API and no use case. A wrong setting stops the start all the same.

import { app, type HttpMethod } from "@azure/functions";
import routes from "../infra/contract/routes.json" with { type: "json" };
import { processSettings, QUEUES, TIMERS } from "../shared/capabilities.ts";
import { telemetrySettings } from "../shared/platform/telemetry/start-telemetry.ts";

const METHODS: readonly HttpMethod[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

telemetrySettings();
processSettings();

const all = async () => (await import("./index.ts")).registrations;

function present<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`functions/index.ts has no ${name}: run npm run contract.`);
  return found;
}

for (const { name, methods, route } of routes) {
  app.http(name, {
    methods: METHODS.filter((method) => methods.includes(method)),
    route,
    authLevel: "anonymous",
    handler: async (...call) => present((await all()).http.get(name), name).handler(...call),
  });
}
for (const { name, setting } of TIMERS) {
  app.timer(name, {
    schedule: `%${setting}%`,
    handler: async (...call) => present((await all()).timers.get(name), name).handler(...call),
  });
}
for (const { functionName, name: queueName, requiresSession: isSessionsEnabled } of QUEUES) {
  app.serviceBusQueue(functionName, {
    connection: "ServiceBus",
    queueName,
    isSessionsEnabled,
    handler: async (...call) => present((await all()).queues.get(functionName), functionName).handler(...call),
  });
}
