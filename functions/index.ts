// What runs, and when: the table of contents of the system. What it is made of: compose.ts.

import { telemetry } from "./telemetry.ts";
import { CHECK_QUEUE } from "../shared/checks/resources.ts";
import { MAIL_REPORT_QUEUE } from "../shared/notices/resources.ts";
import { settingsFromProcess } from "../shared/platform/settings/settings.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../shared/upgrades/resources.ts";
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

const app = await compose(settingsFromProcess(), telemetry);
const { audit, checks, customerLinks, freezes, incidents, notices, organisations, upgrades, webhooks } = app;
const { timer, queue, http } = registrar(app);

// Upgrades: one message at a time per organisation, and per campaign.
queue("advance-upgrade", UPGRADE_QUEUE, advanceUpgradeHandler(upgrades, app), true);
queue("advance-campaign", CAMPAIGN_QUEUE, advanceCampaignHandler(upgrades, app), true);
timer("reconcile-upgrades", "%RECONCILE_SCHEDULE%", upgrades.reconcile);
timer("recheck-appointments", "%APPOINTMENT_RECHECK_SCHEDULE%", upgrades.recheckAppointments);

// What people and other systems are told.
timer("send-due-notices", "%NOTICE_SCHEDULE%", notices.sendDue);
queue("record-mail-report", MAIL_REPORT_QUEUE, recordMailReportHandler(notices, app));
timer("send-incident-mails", "%INCIDENT_MAIL_SCHEDULE%", incidents.sendMails);
timer("send-webhooks", "%WEBHOOK_SCHEDULE%", webhooks.sendDue);

// Functional checks of every organisation.
timer("schedule-functional-checks", "%FUNCTIONAL_CHECK_SCHEDULE%", () => checks.schedule("check"));
timer("schedule-check-sweeps", "%CHECK_SWEEP_SCHEDULE%", () => checks.schedule("sweep"));
queue("run-functional-check", CHECK_QUEUE, runCheckHandler(checks, app));

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
