// What support must do about a notice that cannot reach its customer. The composition root gives the port.

import { isUnreachable } from "./core/transitions.ts";
import type { Notice, NoticeKey } from "./core/notice.ts";

export interface SupportTask extends NoticeKey {
  /** The same trouble has the same id: a second one changes nothing. */
  readonly taskId: string;
  readonly reason: "noContact" | "notSent" | "bounced";
  /** Whether nobody at the customer knows. */
  readonly isUnannounced: boolean;
  readonly detail: string;
}

/** Opens the task; must do nothing when it is there already. */
export type OpenTask = (task: SupportTask) => Promise<void>;

/**
 * The tasks that this step of a notice gives. `before` is absent for a new notice. They follow from the two rows alone, so
 * whatever the order of acceptance and reports, all steps together give the same tasks with the same words. A report that
 * comes before the acceptance gives none yet: whether anybody was told is not known then.
 */
export function tasksFor(before: Notice | undefined, after: Notice): readonly SupportTask[] {
  const known = new Set(before === undefined ? [] : tasksOf(before).map(({ taskId }) => taskId));
  return tasksOf(after).filter(({ taskId }) => !known.has(taskId));
}

function tasksOf(notice: Notice): readonly SupportTask[] {
  const { campaignId, organisationId, kind, sequence, recipients, bouncedRecipients } = notice;
  const task = (reason: SupportTask["reason"], part: string, isUnannounced: boolean, detail: string): SupportTask => ({
    taskId: `${notice.noticeId}:${notice.mailNumber}:${part}`,
    campaignId,
    organisationId,
    kind,
    sequence,
    reason,
    isUnannounced,
    detail,
  });
  if (notice.status === "failed") {
    const reason = recipients.length === 0 ? "noContact" : "notSent";
    return [task(reason, reason, true, notice.failure ?? "unknown")];
  }
  if (notice.acceptedAt === undefined) return [];
  // Of several contacts each by itself, because the first one is reported before anybody knows of the others.
  const single = (recipients.length === 1 ? [] : bouncedRecipients).map((recipient) =>
    task("bounced", `bounced:${recipients.indexOf(recipient)}`, false, `The mail to ${recipient} came back.`),
  );
  if (!isUnreachable(notice)) return single;
  return [...single, task("bounced", "bounced", true, `The mail came back from ${recipients.join(", ")}.`)];
}
