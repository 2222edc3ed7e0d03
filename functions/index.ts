// The composition root: what runs, and when. Read it as the table of contents of the system.

import { telemetry } from "./telemetry.ts";
import { app, type InvocationContext, type ServiceBusQueueHandler } from "@azure/functions";
import { httpOptions } from "../shared/platform/http/to-http-handler.ts";
import { tracedHandler, type TracedFunction } from "../shared/platform/telemetry/traced-handler.ts";
import { steadyClock } from "../shared/platform/clock/clock.ts";
import { heldQueueHandler, unlessClockOff } from "../shared/platform/clock/held-by-clock.ts";
import { settingsFromProcess } from "../shared/platform/settings/settings.ts";
import { campaignEndpoints } from "./http/campaigns.ts";
import { campaignVerbEndpoints } from "./http/campaign-commands.ts";
import { checkEndpoints, runCheckHandler, scheduleChecksHandler } from "./http/checks.ts";
import { buildDependencies } from "./dependencies.ts";
import { operationsEndpoints } from "./http/operations.ts";
import { organisationEndpoints } from "./http/organisations.ts";
import { asReports } from "../shared/notices/messages.ts";
import { auditEndpoints } from "./http/audit.ts";
import { freezeEndpoints } from "./http/freezes.ts";
import { incidentEndpoints, sendIncidentMailsHandler } from "./http/incidents.ts";
import { noticeEndpoints, recordMailReportHandler, sendDueNoticesHandler } from "./http/notices.ts";
import { calendarEndpoint, rescheduleEndpoints } from "./http/customer-links.ts";
import {
  advanceCampaignHandler,
  advanceUpgradeHandler,
  recheckAppointmentsHandler,
  reconcileUpgradesHandler,
} from "./upgrades.ts";
import { sendWebhooksHandler, webhookEndpoints } from "./http/webhooks.ts";
import { toldAtLastDelivery, toldTimer } from "./report-failures.ts";
import { quarantineEndpoints } from "./http/quarantines.ts";
import { upgradeEndpoints } from "./http/upgrades.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../shared/upgrades/resources.ts";
import { CHECK_QUEUE } from "../shared/checks/resources.ts";
import { MAIL_REPORT_QUEUE } from "../shared/notices/resources.ts";
import { QUEUES } from "../shared/capabilities.ts";

const settings = settingsFromProcess();
const deps = await buildDependencies(settings, telemetry);
const upgrades = { ...deps, ...deps.upgrades };
const webhooks = { ...deps.webhooks, log: deps.log };

/** Notes what was registered and which timers run: the readiness probe compares it with what should (operations.ts). */
const noted = (name: string): string => {
  deps.registry.registered(name);
  return name;
};
const traced = <I, O>(
  of: TracedFunction,
  handler: (input: I, context: InvocationContext) => O | Promise<O>,
): ((input: I, context: InvocationContext) => Promise<O>) => tracedHandler(telemetry, steadyClock, of, handler);
const telling = { ...deps, raiseIncident: deps.incidents.raise };
const timer = (name: string, schedule: string, work: () => Promise<void>): void => {
  const told = toldTimer(telling, name, work);
  app.timer(noted(name), {
    schedule,
    handler: traced({ name, trigger: "timer" }, async () => {
      if (await unlessClockOff(deps, name, told)) deps.registry.ran(name);
    }),
  });
};
const deliveries = new Map(QUEUES.map(({ name, maxDeliveryCount }) => [name, maxDeliveryCount]));
const queue = (name: string, queueName: string, handler: ServiceBusQueueHandler, isSessionsEnabled = false): void => {
  const noting: ServiceBusQueueHandler = async (message, context) => {
    await handler(message, context);
    deps.registry.ran(name);
  };
  const held = heldQueueHandler(deps, queueName, noting, queueName === MAIL_REPORT_QUEUE ? asReports : undefined);
  const maxDeliveryCount = deliveries.get(queueName) ?? 1;
  const of = { name, trigger: "serviceBus", maxDeliveryCount } as const;
  app.serviceBusQueue(noted(name), {
    connection: "ServiceBus",
    queueName,
    isSessionsEnabled,
    // Around everything: what hands a message back may fail at its last delivery as well.
    handler: traced(of, toldAtLastDelivery(telling, { name, queue: queueName, maxDeliveryCount }, held)),
  });
};

// Upgrades: one message at a time per organisation, and per campaign.
queue("advance-upgrade", UPGRADE_QUEUE, advanceUpgradeHandler(upgrades), true);
queue("advance-campaign", CAMPAIGN_QUEUE, advanceCampaignHandler(upgrades), true);
timer("reconcile-upgrades", "%RECONCILE_SCHEDULE%", reconcileUpgradesHandler(upgrades));
timer("recheck-appointments", "%APPOINTMENT_RECHECK_SCHEDULE%", recheckAppointmentsHandler(upgrades));

// What people and other systems are told.
timer("send-due-notices", "%NOTICE_SCHEDULE%", sendDueNoticesHandler(deps.notices));
queue("record-mail-report", MAIL_REPORT_QUEUE, recordMailReportHandler(deps.notices));
timer("send-incident-mails", "%INCIDENT_MAIL_SCHEDULE%", sendIncidentMailsHandler(deps.incidents));
timer("send-webhooks", "%WEBHOOK_SCHEDULE%", sendWebhooksHandler(webhooks));

// Functional checks of every organisation.
timer("schedule-functional-checks", "%FUNCTIONAL_CHECK_SCHEDULE%", scheduleChecksHandler(deps.checks, "check"));
timer("schedule-check-sweeps", "%CHECK_SWEEP_SCHEDULE%", scheduleChecksHandler(deps.checks, "sweep"));
queue("run-functional-check", CHECK_QUEUE, runCheckHandler(deps.checks));

// The HTTP API.
const endpoints = [
  ...organisationEndpoints({ ...deps, freezes: () => deps.freezes.all(), deletions: deps.upgrades.deletions }),
  ...freezeEndpoints(deps),
  ...campaignEndpoints(upgrades),
  ...campaignVerbEndpoints(upgrades),
  ...upgradeEndpoints(upgrades),
  ...quarantineEndpoints(upgrades),
  ...noticeEndpoints({ ...deps.notices, hasUpgrade: deps.upgrades.hasUpgrade }),
  ...checkEndpoints(deps.checks),
  ...incidentEndpoints(deps.incidents),
  ...webhookEndpoints(webhooks),
  ...auditEndpoints({ ...deps, listEntries: deps.listAuditEntries }),
  ...rescheduleEndpoints(deps.reschedule),
  calendarEndpoint({ ...deps.notices, ...deps, appointmentsOf: deps.upgrades.appointmentsOf }),
];
for (const endpoint of [...endpoints, ...operationsEndpoints(deps, endpoints)]) {
  const { handler, ...options } = httpOptions(endpoint, deps);
  app.http(noted(endpoint.name), { ...options, handler: traced({ name: endpoint.name, trigger: "http" }, handler) });
}
