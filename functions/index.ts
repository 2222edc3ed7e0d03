// The composition root: what runs, and when. Read it as the table of contents of the system.

import "./telemetry.ts";
import { app, type ServiceBusQueueHandler } from "@azure/functions";
import { CHECK_QUEUE } from "../shared/checks/messages.ts";
import { httpOptions } from "../shared/platform/http/to-http-handler.ts";
import { settingsFromProcess } from "../shared/platform/settings.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../shared/upgrades/messages.ts";
import { campaignEndpoints } from "./campaigns.ts";
import { checkEndpoints, runCheckHandler, scheduleChecksHandler } from "./checks.ts";
import { buildDependencies } from "./dependencies.ts";
import { operationsEndpoints } from "./operations.ts";
import { organisationEndpoints } from "./organisations.ts";
import { advanceCampaignHandler, advanceUpgradeHandler, reconcileUpgradesHandler } from "./upgrade-triggers.ts";
import { upgradeEndpoints } from "./upgrades.ts";

const settings = settingsFromProcess();
const deps = await buildDependencies(settings);
const upgrades = { ...deps, ...deps.upgrades };

/** Notes what was registered and which timers run: the readiness probe compares it with what should (operations.ts). */
const noted = (name: string): string => {
  deps.registry.registered(name);
  return name;
};
const timer = (name: string, schedule: string, work: () => Promise<void>): void =>
  app.timer(noted(name), { schedule, handler: async () => work().then(() => deps.registry.ran(name)) });
const queue = (name: string, queueName: string, handler: ServiceBusQueueHandler, isSessionsEnabled = false): void =>
  app.serviceBusQueue(noted(name), { connection: "ServiceBus", queueName, isSessionsEnabled, handler });

// Upgrades: one message at a time per organisation, and per campaign.
queue("advance-upgrade", UPGRADE_QUEUE, advanceUpgradeHandler(upgrades), true);
queue("advance-campaign", CAMPAIGN_QUEUE, advanceCampaignHandler(upgrades), true);
timer("reconcile-upgrades", "%RECONCILE_SCHEDULE%", reconcileUpgradesHandler(upgrades));

// Functional checks of every organisation.
timer("schedule-functional-checks", "%FUNCTIONAL_CHECK_SCHEDULE%", scheduleChecksHandler(deps.checks, "check"));
timer("schedule-check-sweeps", "%CHECK_SWEEP_SCHEDULE%", scheduleChecksHandler(deps.checks, "sweep"));
queue("run-functional-check", CHECK_QUEUE, runCheckHandler(deps.checks));

// The HTTP API.
const endpoints = [
  ...organisationEndpoints({ organisations: deps.organisations, campaignOf: deps.upgrades.campaignOf }),
  ...campaignEndpoints({ ...deps.upgrades, organisations: deps.organisations, ids: deps.ids }),
  ...upgradeEndpoints({ ...deps.upgrades, organisations: deps.organisations }),
  ...checkEndpoints(deps.checks),
];
for (const endpoint of [...endpoints, ...operationsEndpoints(deps, endpoints)]) {
  app.http(noted(endpoint.name), httpOptions(endpoint, deps));
}
