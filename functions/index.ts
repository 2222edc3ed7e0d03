// What runs, and when: the table of contents of the system. What it is made of: compose.ts.

import { telemetry } from "./telemetry.ts";
import { processSettings } from "../shared/capabilities.ts";
import { runCheckHandler } from "./checks.ts";
import { compose } from "./compose.ts";
import { auditEndpoints } from "./http/audit.ts";
import { campaignCommandEndpoints } from "./http/campaign-commands.ts";
import { campaignEndpoints } from "./http/campaigns.ts";
import { checkEndpoints } from "./http/checks.ts";
import { customerLinkEndpoints } from "./http/customer-links.ts";
import { freezeEndpoints } from "./http/freezes.ts";
import { incidentEndpoints } from "./http/incidents.ts";
import { noticeEndpoints } from "./http/notices.ts";
import { operationsEndpoints } from "./http/operations.ts";
import { organisationEndpoints } from "./http/organisations.ts";
import { quarantineEndpoints } from "./http/quarantines.ts";
import { upgradeEndpoints } from "./http/upgrades.ts";
import { webhookEndpoints } from "./http/webhooks.ts";
import { recordMailReportHandler } from "./notices.ts";
import { registrar } from "./register.ts";
import { advanceCampaignHandler, advanceUpgradeHandler } from "./upgrades.ts";

export { registrations } from "./registrations.ts";

const app = await compose(processSettings(), telemetry);
const { audit, checks, customerLinks, freezes, incidents, notices, organisations, upgrades, webhooks } = app;
const { timer, queue, http } = registrar(app);

// Upgrades: one message at a time per organisation, and per campaign.
queue("advance-upgrade", advanceUpgradeHandler(upgrades, app));
queue("advance-campaign", advanceCampaignHandler(upgrades, app));
timer("reconcile-upgrades", upgrades.reconcile);
timer("recheck-appointments", upgrades.recheckAppointments);

// What people and other systems are told.
timer("send-due-notices", notices.sendDue);
queue("record-mail-report", recordMailReportHandler(notices, app));
timer("send-incident-mails", incidents.sendMails);
timer("send-webhooks", webhooks.sendDue);

// Functional checks of every organisation.
timer("schedule-functional-checks", () => checks.schedule("check"));
timer("schedule-check-sweeps", () => checks.schedule("sweep"));
queue("run-functional-check", runCheckHandler(checks, app));

// The HTTP API.
const endpoints = [
  ...organisationEndpoints(organisations),
  ...freezeEndpoints(freezes),
  ...campaignEndpoints(upgrades),
  ...campaignCommandEndpoints(upgrades),
  ...upgradeEndpoints(upgrades, organisations),
  ...quarantineEndpoints(upgrades),
  ...noticeEndpoints(notices, upgrades),
  ...checkEndpoints(checks, organisations),
  ...incidentEndpoints(incidents),
  ...webhookEndpoints(webhooks),
  ...auditEndpoints(audit, app.clock),
  ...customerLinkEndpoints(customerLinks),
];
for (const endpoint of [...endpoints, ...operationsEndpoints(app, endpoints)]) http(endpoint);
