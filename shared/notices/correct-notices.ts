// What happens to notices from outside the sender: an appointment that changed withdraws what was not sent yet, and
// support has a notice sent again to corrected contacts.

import { z } from "zod";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { changeNotice, type ChangeNoticeDeps } from "./change-notice.ts";
import { resent, withdrawn } from "./core/transitions.ts";
import { noticeSchema, type Notice, type NoticeKey } from "./core/notice.ts";
import type { NoticeStore } from "./store.ts";

const AT_ONCE = 16;

/**
 * Withdraws the pending notices of earlier revisions than `sequence`; to be called before the change or cancellation is
 * asked for. A mail that is on its way at this moment still arrives. Returns how many were withdrawn.
 */
export async function withdrawNotices(
  deps: ChangeNoticeDeps & { readonly store: Pick<NoticeStore, "noticesOf"> },
  of: Pick<NoticeKey, "campaignId" | "organisationId" | "sequence">,
): Promise<number> {
  const stored = await deps.store.noticesOf(of.campaignId, of.organisationId);
  const outdated = stored.filter(({ notice }) => notice.status === "pending" && notice.sequence < of.sequence);
  const done = await mapConcurrently(outdated, AT_ONCE, (one) => changeNotice(deps, one.notice, withdrawn, one));
  return done.filter((one) => one !== undefined).length;
}

export type ResendRefusal =
  | { readonly kind: "badRecipients"; readonly message: string }
  | { readonly kind: "unknownNotice" }
  /** Only a notice that failed or bounced is sent again. */
  | { readonly kind: "wrongState"; readonly status: Notice["status"] };

/** A new mail of a failed or bounced notice, to these contacts. */
export async function resendNotice(
  deps: ChangeNoticeDeps & { readonly clock: Clock },
  key: NoticeKey,
  recipients: readonly string[],
): Promise<Result<Notice, ResendRefusal>> {
  const checked = noticeSchema.shape.recipients.min(1).safeParse(recipients);
  if (!checked.success) return err({ kind: "badRecipients", message: z.prettifyError(checked.error) });
  const next = await changeNotice(deps, key, (notice) => resent(notice, checked.data, deps.clock.now()));
  if (next !== undefined) return ok(next);
  const stored = await deps.store.read(key);
  return err(stored === undefined ? { kind: "unknownNotice" } : { kind: "wrongState", status: stored.notice.status });
}
