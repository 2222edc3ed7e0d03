// All that can be done with notices, bound to the adapters once: for the composition root.

import type { RaiseIncident } from "../incidents/core/incident.ts";
import { bind } from "../kernel/bind.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Mailer } from "../platform/mail/mail.ts";
import type { Tables } from "../platform/tables/tables.ts";
import type { NoticeLog } from "./signals.ts";
import { cancelAppointment, wasNotified } from "./cancel-appointment.ts";
import type { Composer } from "./compose-mail.ts";
import type { NewNotice } from "./core/notice.ts";
import type { Quota } from "./core/pacing.ts";
import { resendNotice, withdrawNotices } from "./correct-notices.ts";
import { acceptances } from "./evidence.ts";
import { planAnnouncement } from "./plan-announcement.ts";
import { recordBounce } from "./record-bounce.ts";
import { requestNotices } from "./request-notices.ts";
import { sendDueNotices, type NoticeSendLimits } from "./send-due-notices.ts";
import { noticeStore } from "./store.ts";

export interface NoticeNeeds {
  readonly tables: Tables;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly log: NoticeLog;
  readonly quota: Quota;
  readonly composer: Composer;
  readonly raiseIncident: RaiseIncident;
  /** Of the call that is being handled: the mail continues its trace. */
  readonly traceparent: () => string | undefined;
}

export type NoticeVerbs = ReturnType<typeof noticeVerbs>;

export function noticeVerbs(needs: NoticeNeeds) {
  const store = noticeStore(needs.tables, needs.log);
  const deps = { ...needs, store };
  const traced = (asked: NewNotice): NewNotice => {
    const traceparent = needs.traceparent();
    return traceparent === undefined ? asked : { ...asked, traceparent };
  };
  return {
    store,
    request: (asked: readonly NewNotice[]) => requestNotices(deps, asked.map(traced)),
    cancel: (cancellation: NewNotice) => cancelAppointment(deps, traced(cancellation)),
    wasNotified: bind(store, wasNotified),
    withdraw: bind(deps, withdrawNotices),
    acceptances: bind(store, acceptances),
    planAnnouncement: bind(deps, planAnnouncement),
    sendDue: async (limits?: NoticeSendLimits) => {
      const run = await sendDueNotices(deps, limits);
      if (run.accepted + run.failed + run.postponed > 0) needs.log.event("notices.sent", { ...run });
      return run;
    },
    recordBounce: bind(deps, recordBounce),
    resend: bind(deps, resendNotice),
  };
}
