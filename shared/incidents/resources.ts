import type { Resources } from "../platform/resources.ts";

export const INCIDENTS_TABLE = "Incidents";

export const incidentResources = {
  tables: [{ name: INCIDENTS_TABLE, purpose: "Incidents, and the mails about them that are not accepted yet." }],
  timers: [
    {
      name: "send-incident-mails",
      purpose: "Sends the mails of incidents that are not accepted yet.",
      setting: "INCIDENT_MAIL_SCHEDULE",
      schedule: "15 * * * * *",
      everySeconds: 60,
    },
  ],
  roles: {
    "Incidents.Read": "Read incidents and the on-call schedule.",
    "Incidents.Respond": "Acknowledge and resolve incidents.",
    ActionGroupsSecureWebhook: "Deliver Azure Monitor alerts.",
  },
} as const satisfies Resources;
