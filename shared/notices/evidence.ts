// Delivery as evidence: without it no upgrade may start.

import { isEvidence } from "./core/transitions.ts";
import { DATING_KINDS } from "./core/notice.ts";
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
 * Every accepted notice that told a date of this upgrade and did not bounce from all contacts, the earliest acceptance
 * first. Which of them count is the rule of whoever has the appointment.
 */
export async function acceptances(
  store: Pick<NoticeStore, "noticesOf">,
  campaignId: string,
  organisationId: string,
): Promise<readonly Evidence[]> {
  const stored = await store.noticesOf(campaignId, organisationId);
  const evidence = stored.flatMap(({ notice }): readonly Evidence[] => {
    if (!DATING_KINDS.includes(notice.kind) || notice.acceptedAt === undefined || !isEvidence(notice)) return [];
    const { noticeId, acceptedAt, appointment } = notice;
    return [{ noticeId, acceptedAt, sequence: notice.sequence, announcedStart: appointment.start }];
  });
  return evidence.sort((a, b) => a.acceptedAt - b.acceptedAt);
}
