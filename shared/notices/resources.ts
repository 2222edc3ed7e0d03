import { QUEUE_STANDARD, type Resources } from "../platform/resources.ts";

export const NOTICES_TABLE = "Notices";
export const MAIL_REPORT_QUEUE = "mail-reports";

export const noticeResources = {
  tables: [{ name: NOTICES_TABLE, purpose: "Notices to customers: the evidence that they were told." }],
  queues: [
    {
      ...QUEUE_STANDARD,
      name: MAIL_REPORT_QUEUE,
      purpose: "What the mail service reports about the delivery of a mail, as Event Grid brings it.",
      functionName: "record-mail-report",
    },
  ],
  timers: [
    {
      name: "send-due-notices",
      purpose: "Sends the notices to customers that are due.",
      setting: "NOTICE_SCHEDULE",
      schedule: "0 * * * * *",
      localSchedule: "*/10 * * * * *",
      everySeconds: 60,
    },
  ],
} as const satisfies Resources;
