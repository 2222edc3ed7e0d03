// A delivery report says that a mail did not reach one of its recipients. It may come twice, late, or before the
// acceptance was recorded: the mail's id is remembered before the mail is sent, so every report finds its notice.

import type { Clock } from "../platform/clock/clock.ts";
import type { NoticeLog } from "./signals.ts";
import { changeNotice, type ChangeNoticeDeps } from "./change-notice.ts";
import { bounced } from "./core/transitions.ts";
import type { NoticeStore } from "./store.ts";

export interface BounceDeps extends ChangeNoticeDeps {
  readonly store: Pick<NoticeStore, "read" | "save" | "ownerOfMail">;
  readonly clock: Clock;
  readonly log: NoticeLog;
}

export interface Bounce {
  /** The mail's id, which the provider reports as message id. */
  readonly operationId: string;
  readonly recipient: string;
  /** What the service calls it, if that is known. */
  readonly status?: string;
}

/** `unknown`: no notice's mail. `unchanged`: reported before, of an earlier mail of the notice, or no recipient of it. */
export type BounceRecorded = "recorded" | "unchanged" | "unknown";

/** Throws TransientFailure when storage cannot be reached: the report must then come again. */
export async function recordBounce(deps: BounceDeps, bounce: Bounce): Promise<BounceRecorded> {
  const owner = await deps.store.ownerOfMail(bounce.operationId.toLowerCase());
  if (owner === undefined) return "unknown";
  const next = await changeNotice(deps, owner, (notice) =>
    notice.mailNumber === owner.mailNumber ? bounced(notice, bounce.recipient, bounce.status) : undefined,
  );
  if (next === undefined) return "unchanged";
  const isUnreachable = next.status === "bounced";
  deps.log.event("notice.bounced", { notice: next.noticeId, isUnreachable, reason: bounce.status });
  return "recorded";
}
