// One conditional step of a notice: load, decide, open the tasks that follow, save; again after a lost race.

import { TransientFailure } from "../kernel/failures.ts";
import { noticeIdOf, type Notice, type NoticeKey } from "./core/notice.ts";
import { MAX_RACES, type NoticeStore, type StoredNotice } from "./store.ts";
import { tasksFor, type OpenTask } from "./support-task.ts";

export interface ChangeNoticeDeps {
  readonly store: Pick<NoticeStore, "read" | "save">;
  readonly openTask: OpenTask;
}

/**
 * The notice as it is afterwards, or undefined when there is none or the step changes nothing. `known` spares the first
 * read. Throws TransientFailure when storage cannot be reached.
 */
export async function changeNotice(
  { store, openTask }: ChangeNoticeDeps,
  key: NoticeKey,
  step: (notice: Notice) => Notice | undefined,
  known?: StoredNotice,
): Promise<Notice | undefined> {
  let stored = known ?? (await store.read(key));
  for (let attempt = 1; attempt <= MAX_RACES; attempt++) {
    const next = stored === undefined ? undefined : step(stored.notice);
    if (stored === undefined || next === undefined) return undefined;
    // Before the row: when the process dies in between, the step comes again and the task's id makes it one.
    for (const task of tasksFor(stored.notice, next)) await openTask(task);
    if ((await store.save(stored, next)).kind === "written") return next;
    stored = await store.read(key);
  }
  throw new TransientFailure(`Notice ${noticeIdOf(key)} changes all the time; try again later.`);
}
