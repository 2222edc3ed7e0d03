// What notices report (docs/telemetry.md).

import type { PLATFORM_EVENTS } from "../platform/signals.ts";
import type { Log } from "../platform/telemetry/log.ts";
import { counted, error, exported, info, warn, type Catalogue } from "../platform/telemetry/events.ts";
import { counter } from "../platform/telemetry/instruments.ts";

const ATTEMPTS = counter(
  "dwops.mail.attempts",
  "{mail}",
  "Notices handed to the mail provider (outcome: accepted, failed, postponed, refused, bounced)",
  ["outcome"],
);

const MAIL = { notice: "text", mailNumber: "number", reason: "text?" } as const;

export const NOTICE_EVENTS = {
  "notice.accepted": info("The provider took a notice", MAIL, attempt("accepted")),
  "notice.failed": exported(warn("The provider took a notice and could not send it", MAIL, attempt("failed"))),
  "notice.postponed": warn("The provider did not answer", MAIL, attempt("postponed")),
  "notice.refused": exported(warn("The provider refused a notice", MAIL, attempt("refused"))),
  "notice.bounced": exported(
    warn(
      "A notice did not reach one of its recipients",
      { notice: "text", isUnreachable: "flag", reason: "text?" },
      attempt("bounced"),
    ),
  ),
  "notice.superseded": info("A later notice says what counts: this one is not sent", MAIL),
  "notice.tooLate": info("What a notice announces is over: it is not sent", MAIL),
  "notice.waits": info("A notice waits until an earlier one is on its way", MAIL),
  "notices.allRefused": exported(error("The provider refuses every mail: sending pauses", { mails: "number" })),
  "notices.sent": info("A run of the timer that did something", {
    accepted: "number",
    failed: "number",
    postponed: "number",
    lookAgainAt: "number?",
  }),
  "notices.strangeReport": warn("A delivery report about a mail that no notice has sent", { operationId: "text" }),
} satisfies Catalogue;

export type NoticeLog = Log<typeof NOTICE_EVENTS & typeof PLATFORM_EVENTS>;

function attempt(outcome: string) {
  return counted(ATTEMPTS, () => ({ outcome }));
}
