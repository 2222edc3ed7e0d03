// Removes what functional tests leave behind: after a failed run at once, and by a sweep what older runs left.

import { HOUR_MS } from "../../kernel/time/durations.ts";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { newRun, type FunctionalDeps, type FunctionalRun, type TestPlace } from "./functional-run.ts";
import { findCabinet, findPlace, purgeDocument } from "./functional-steps.ts";
import { deleteDocument, type PlatformDocument, searchDocuments } from "../platform-api/documents.ts";
import { boundBy, logOff, type Platform } from "../platform-api/platform.ts";
import type { PlatformTarget } from "../platform-api/target.ts";
import { listTrash, purgeTrash, trashItemOf, type TrashItem } from "../platform-api/trash.ts";
import { MARKER_PREFIX, markerTime } from "./test-document.ts";

/**
 * Removes the run's document if its own steps did not. False when it may be left: the sweep finds it later.
 * Ends within the run's clean-up limit.
 */
export async function cleanUp(run: FunctionalRun): Promise<boolean> {
  const { found } = run;
  if (found.storing !== "sent" || found.purged === true) return true;
  if (found.place === undefined) return false;
  const platform = boundBy(run.platform, AbortSignal.timeout(run.limits.cleanUpMs));
  try {
    const ids = found.documentId === undefined ? await idsOf(run, found.place, platform) : [found.documentId];
    for (const id of ids) {
      if (found.deleted !== true) await deleteDocument(platform, found.place.cabinetId, id);
      await purgeDocument(platform, found.place.cabinetId, id);
    }
    // A store that was not answered may still take effect after this search.
    return ids.length > 0;
  } catch (error) {
    if (error instanceof TransientFailure || error instanceof PermanentFailure) return false;
    throw error;
  }
}

async function idsOf(run: FunctionalRun, place: TestPlace, platform: Platform): Promise<readonly number[]> {
  const documents = await searchDocuments(platform, { ...searchIn(place), value: `${run.marker}*`, count: 10 });
  return documents.map((one) => one.id);
}

/** Only what is older: no running test is touched, as one ends within a minute. */
const OLD_MS = 24 * HOUR_MS;
/** Documents, and items of the trash bin, per sweep; the rest is left to the next one. */
const MOST_SWEPT = 100;

export interface SweepResult {
  /** Test documents that were moved to the trash bin. */
  readonly documents: number;
  /** Items that were removed from the trash bin: these documents, and those that earlier runs had left there. */
  readonly trashItems: number;
}

/**
 * Removes old test documents of an organisation, also from the trash bin. A document counts as one only if its value
 * is a complete marker whose time, and the server's own time of storing, are old enough. Throws TransientFailure or
 * PermanentFailure; a repeat goes on where it stopped.
 */
export async function sweepLeftovers(target: PlatformTarget, deps: FunctionalDeps): Promise<SweepResult> {
  const run = newRun(target, deps, {});
  const before = run.startedAt - OLD_MS;
  const platform = boundBy(run.platform, AbortSignal.timeout(run.limits.totalMs));
  await platform.open();
  try {
    const place = await findPlace(platform, await findCabinet(platform, target.cabinetId), run.markerField);
    const documents = await searchDocuments(platform, {
      ...searchIn(place),
      value: `${MARKER_PREFIX}*`,
      count: MOST_SWEPT,
    });
    const old = documents.filter((one) => isOld(one, place.field, before));
    for (const { id } of old) await deleteDocument(platform, place.cabinetId, id);
    const trash = await listTrash(platform);
    const own = old.flatMap(({ id }) => trashItemOf(trash, place.cabinetId, id) ?? []);
    const earlier = trash.filter((one) => isOldTrash(one, before)).slice(0, MOST_SWEPT);
    const ids = [...new Set([...own, ...earlier].map((one) => one.id))];
    return { documents: old.length, trashItems: ids.length === 0 ? 0 : await purgeTrash(platform, ids) };
  } finally {
    await logOff(platform).catch(() => undefined);
  }
}

const searchIn = ({ cabinetId, searchDialogId, field }: TestPlace) => ({ cabinetId, dialogId: searchDialogId, field });

function isOld({ fields, createdAt }: PlatformDocument, field: string, before: number): boolean {
  const time = markerTime(fields.get(field) ?? "");
  return time !== undefined && time < before && (createdAt ?? time) < before;
}

function isOldTrash({ cells }: TrashItem, before: number): boolean {
  return cells.some((cell) => (markerTime(cell) ?? Infinity) < before);
}
