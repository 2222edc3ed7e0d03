// One conditional step of a notice: load, decide, open the tasks that follow, save; again after a lost race.

import type { RaiseIncident } from "../incidents/core/incident.ts";
import { ok } from "../kernel/result.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import { noticeIdOf, type Notice, type NoticeKey } from "./core/notice.ts";
import type { NoticeStore, StoredNotice } from "./store.ts";
import { incidentsFor } from "./notice-incidents.ts";

export interface ChangeNoticeDeps {
  readonly store: Pick<NoticeStore, "read" | "save">;
  readonly raiseIncident: RaiseIncident;
}

/**
 * The notice as it is afterwards, or undefined when there is none or the step changes nothing. `known` spares the first
 * read. Throws TransientFailure when storage cannot be reached.
 */
export async function changeNotice(
  { store, raiseIncident }: ChangeNoticeDeps,
  key: NoticeKey,
  step: (notice: Notice) => Notice | undefined,
  known?: StoredNotice,
): Promise<Notice | undefined> {
  const done = await changeRow(
    {
      name: `Notice ${noticeIdOf(key)}`,
      known,
      read: () => store.read(key),
      write: async (stored, next: Notice) => {
        // Before the row: when the process dies in between, the step comes again and the task's id makes it one.
        for (const incident of incidentsFor(stored.notice, next)) await raiseIncident(incident);
        return store.save(stored, next);
      },
    },
    ({ notice }) => ok(step(notice)),
  );
  return done.kind === "written" ? done.next : undefined;
}
