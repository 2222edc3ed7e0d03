// Delivery as evidence: without it no upgrade may start.

import { isEvidence } from "./core/transitions.ts";
import { DATING_KINDS } from "./notice.ts";
import type { NoticeStore } from "./store.ts";

export interface Evidence {
  readonly noticeId: string;
  /** When the provider had taken the mail for delivery, milliseconds since the epoch. */
  readonly acceptedAt: number;
  readonly sequence: number;
  /** The start that was announced. */
  readonly announcedStart: number;
}

/**
 * The earliest accepted notice that told a date of this upgrade and did not bounce from all contacts; undefined when
 * there is none (or no longer). `sequence`: only notices of this revision of the appointment.
 */
export async function earliestAcceptance(
  store: Pick<NoticeStore, "noticesOf">,
  campaignId: string,
  organisationId: string,
  sequence?: number,
): Promise<Evidence | undefined> {
  const stored = await store.noticesOf(campaignId, organisationId);
  const evidence = stored.flatMap(({ notice }): readonly Evidence[] => {
    const counts = DATING_KINDS.includes(notice.kind) && (sequence === undefined || notice.sequence === sequence);
    if (!counts || notice.acceptedAt === undefined || !isEvidence(notice)) return [];
    const { noticeId, acceptedAt, appointment } = notice;
    return [{ noticeId, acceptedAt, sequence: notice.sequence, announcedStart: appointment.start }];
  });
  return evidence.sort((a, b) => a.acceptedAt - b.acceptedAt)[0];
}
