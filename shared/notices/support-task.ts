// What support must do about a notice that cannot reach its customer. The composition root gives the port.

import type { Notice, NoticeKey } from "./notice.ts";

export interface SupportTask extends NoticeKey {
  /** The same trouble has the same id: a second one changes nothing. */
  readonly taskId: string;
  readonly reason: "noContact" | "notSent" | "bounced";
  /** Whether nobody at the customer knows: then the organisation is not upgraded. */
  readonly isUnannounced: boolean;
  readonly detail: string;
}

/** Opens the task; must do nothing when it is there already. */
export type OpenTask = (task: SupportTask) => Promise<void>;

/** The task that this step of a notice gives, if any. `before` is absent for a new notice. */
export function taskFor(before: Notice | undefined, after: Notice): SupportTask | undefined {
  const { campaignId, organisationId, kind, sequence } = after;
  const task = (reason: SupportTask["reason"], part: string, detail: string): SupportTask => ({
    taskId: `${after.noticeId}:${after.mailNumber}:${part}`,
    campaignId,
    organisationId,
    kind,
    sequence,
    reason,
    isUnannounced: after.status === "failed" || after.status === "bounced",
    detail,
  });
  if (after.status === "failed" && before?.status !== "failed") {
    const reason = after.recipients.length === 0 ? "noContact" : "notSent";
    return task(reason, reason, after.failure ?? "unknown");
  }
  const recipient = after.bouncedRecipients.at(-1);
  if (recipient === undefined || after.bouncedRecipients.length === before?.bouncedRecipients.length) return undefined;
  return task("bounced", `bounced:${after.recipients.indexOf(recipient)}`, `The mail to ${recipient} came back.`);
}
