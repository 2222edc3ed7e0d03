// The end of an appointment that was not kept. Others may be telling the customer of it at this very moment, so the order of
// the steps counts: the cancellation's row comes first, and from then on nothing of the appointment is sent any more (SN4 in
// send-due-notices.ts). Only then is asked whether a mail may have gone out before, because a sender remembers a mail before
// it looks for that row. Whoever was told gets the cancellation; for all others its row stays withdrawn.

import type { Clock } from "../platform/clock/clock.ts";
import { changeNotice, type ChangeNoticeDeps } from "./change-notice.ts";
import { noticeOperationId } from "./compose-mail.ts";
import { withdrawNotices } from "./correct-notices.ts";
import { wanted } from "./core/transitions.ts";
import { checkNotice, freshNotice, type NewNotice, type Notice, type NoticeKey } from "./core/notice.ts";
import type { NoticeStore } from "./store.ts";

type NotifiedStore = Pick<NoticeStore, "noticesOf" | "ownerOfMail">;

/**
 * `cancellation`: under a higher sequence than everything that told the appointment. Repeating it is safe. Throws
 * PermanentFailure for a notice that is not well-formed, TransientFailure when storage cannot be reached.
 */
export async function cancelAppointment(
  deps: ChangeNoticeDeps & { readonly clock: Clock; readonly store: NotifiedStore & Pick<NoticeStore, "insert"> },
  cancellation: NewNotice,
): Promise<void> {
  const notice = freshNotice(checkNotice(cancellation), deps.clock.now());
  await deps.store.insert({ ...notice, status: "withdrawn" });
  await withdrawNotices(deps, notice);
  if (await wasNotified(deps.store, notice)) await changeNotice(deps, notice, (one) => wanted(one, deps.clock.now()));
}

/** Whether a mail that tells of this upgrade was sent to the organisation, or may have been. */
export async function wasNotified(
  store: NotifiedStore,
  { campaignId, organisationId }: Pick<NoticeKey, "campaignId" | "organisationId">,
): Promise<boolean> {
  const stored = await store.noticesOf(campaignId, organisationId);
  const arrivals = await Promise.all(stored.map(({ notice }) => mayHaveArrived(store, notice)));
  return arrivals.includes(true);
}

async function mayHaveArrived(store: NotifiedStore, notice: Notice): Promise<boolean> {
  if (notice.kind === "cancellation" || notice.status === "failed") return false;
  // Of an earlier mail than the present one nothing else is known.
  if (notice.acceptedAt !== undefined || notice.mailNumber > 1) return true;
  return (await store.ownerOfMail(noticeOperationId(notice))) !== undefined;
}
