// The queue of what the mail service reports.

import { isLost, parseMailReports, retryReportMessage } from "../shared/notices/messages.ts";
import { MAIL_REPORT_QUEUE } from "../shared/notices/resources.ts";
import type { NoticeLog } from "../shared/notices/signals.ts";
import type { NoticeVerbs } from "../shared/notices/verbs.ts";
import { queueHandler, type QueueHandlerDeps } from "../shared/platform/bus/queue-handler.ts";

/** An event that is no report fails the message, after the others of it were recorded; those again change nothing. */
export const recordMailReportHandler = (
  { recordBounce }: Pick<NoticeVerbs, "recordBounce">,
  deps: QueueHandlerDeps & { readonly log: NoticeLog },
) =>
  queueHandler(deps, {
    queue: MAIL_REPORT_QUEUE,
    read: (message) => {
      const { reports, unreadable } = parseMailReports(message);
      return { body: reports, unreadable };
    },
    act: async (reports) => {
      for (const report of reports.filter(isLost)) {
        const { operationId } = report;
        if ((await recordBounce(report)) === "unknown") deps.log.event("notices.strangeReport", { operationId });
      }
    },
    retry: (reports, { now, retryAfterMs }) => retryReportMessage(reports, now, retryAfterMs),
  });
