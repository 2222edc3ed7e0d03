import { QUEUE_STANDARD, type Resources } from "../platform/resources.ts";

export const CAMPAIGNS_TABLE = "Campaigns";
export const UPGRADES_TABLE = "Upgrades";
export const CLAIMS_TABLE = "UpgradeClaims";
export const QUARANTINES_TABLE = "Quarantines";
export const ESTIMATES_TABLE = "Estimates";
export const UPGRADE_QUEUE = "upgrade-steps";
export const CAMPAIGN_QUEUE = "campaign-ticks";

export const upgradeResources = {
  tables: [
    { name: CAMPAIGNS_TABLE, purpose: "Index of campaigns, newest first." },
    {
      name: UPGRADES_TABLE,
      purpose: "Partition = campaign: the campaign, its upgrades, their history, queue and outbox.",
    },
    { name: CLAIMS_TABLE, purpose: "Which campaign an organisation is in." },
    { name: QUARANTINES_TABLE, purpose: "Versions that must not be started." },
    { name: ESTIMATES_TABLE, purpose: "How long the latest upgrades and roll-backs took." },
  ],
  queues: [
    {
      ...QUEUE_STANDARD,
      name: UPGRADE_QUEUE,
      purpose:
        "Wake-ups of one upgrade; session = organisation, so that an organisation is handled by one worker at a time.",
      functionName: "advance-upgrade",
      requiresSession: true,
    },
    {
      ...QUEUE_STANDARD,
      name: CAMPAIGN_QUEUE,
      purpose: "Wake-ups of one campaign's coordinator; session = campaign, so that one coordinator works at a time.",
      functionName: "advance-campaign",
      requiresSession: true,
      defaultMessageTimeToLive: "P1D",
    },
  ],
  timers: [
    {
      name: "reconcile-upgrades",
      purpose: "Wakes upgrades and campaigns whose message was lost.",
      setting: "RECONCILE_SCHEDULE",
      schedule: "30 * * * * *",
      everySeconds: 60,
    },
    {
      name: "recheck-appointments",
      purpose: "Gives another date where the announced one cannot be kept any more.",
      setting: "APPOINTMENT_RECHECK_SCHEDULE",
      schedule: "0 10 2 * * *",
      everySeconds: 86_400,
    },
  ],
  roles: { "Upgrades.Read": "Read campaigns and upgrades.", "Upgrades.Manage": "Create, approve and steer campaigns." },
} as const satisfies Resources;
