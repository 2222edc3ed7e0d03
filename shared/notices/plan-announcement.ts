// Whether a campaign can be announced in time, beside everything that waits to be sent already.

import type { Clock } from "../platform/clock/clock.ts";
import { deadlineBeside, latestAnnounceable, type Announceable, type Quota } from "./core/pacing.ts";
import type { NoticeKind } from "./core/notice.ts";
import type { NoticeStore } from "./store.ts";

export interface PlanAnnouncementDeps {
  readonly store: Pick<NoticeStore, "pending" | "readPace">;
  readonly clock: Clock;
  readonly quota: Quota;
}

/** `deadlines`: by when each new notice must be accepted (milliseconds since the epoch). Writes nothing. */
export async function planAnnouncement(
  deps: PlanAnnouncementDeps,
  deadlines: readonly number[],
  kind: NoticeKind = "announcement",
): Promise<Announceable> {
  const now = deps.clock.now();
  const last = deadlines.reduce((a, b) => Math.max(a, b), now);
  const [pending, pace] = await Promise.all([deps.store.pending(last), deps.store.readPace()]);
  // What waits counts as waiting now, although a reminder comes later: rather too careful than a broken promise.
  const others = pending.flatMap((one) => (one.nextAttemptAt <= last ? (deadlineBeside(kind, one) ?? []) : []));
  return latestAnnounceable({ ...pace, quota: deps.quota, now }, deadlines, { others });
}
