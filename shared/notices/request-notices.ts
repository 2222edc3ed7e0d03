// Notices are asked for by value: asking again for the same key changes nothing, so a caller that died asks again.

import type { RaiseIncident } from "../incidents/core/incident.ts";
import { PermanentFailure } from "../kernel/failures.ts";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { checkNotice, freshNotice, type NewNotice } from "./core/notice.ts";
import type { NoticeStore } from "./store.ts";
import { incidentsFor } from "./notice-incidents.ts";

export interface RequestDeps {
  readonly store: Pick<NoticeStore, "insert" | "read">;
  readonly clock: Clock;
  readonly raiseIncident: RaiseIncident;
}

export interface Requested {
  readonly fresh: number;
  /** Were asked for before. */
  readonly known: number;
}

const AT_ONCE = 16;

/**
 * Throws PermanentFailure, before anything is written, for a notice that is not well-formed; and for one that exists with
 * another appointment: a changed appointment needs a higher sequence.
 */
export async function requestNotices(deps: RequestDeps, asked: readonly NewNotice[]): Promise<Requested> {
  const checked = asked.map(checkNotice);
  const done = await mapConcurrently(checked, AT_ONCE, (one) => request(deps, one));
  const fresh = done.filter((one) => one === "fresh").length;
  return { fresh, known: checked.length - fresh };
}

async function request({ store, clock, raiseIncident }: RequestDeps, asked: NewNotice): Promise<"fresh" | "known"> {
  const notice = freshNotice(asked, clock.now());
  for (const incident of incidentsFor(undefined, notice)) await raiseIncident(incident);
  if ((await store.insert(notice)) === "written") return "fresh";
  const before = await store.read(asked);
  const [was, is] = [before?.notice.appointment, notice.appointment];
  if (was !== undefined && (was.start !== is.start || was.end !== is.end || was.version !== is.version)) {
    throw new PermanentFailure(
      `Notice ${notice.noticeId} exists with another appointment. A changed appointment needs a higher sequence.`,
    );
  }
  return "known";
}
