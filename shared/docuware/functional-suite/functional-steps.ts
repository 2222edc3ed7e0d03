// What each step of the functional test does. Their order, severity and dependencies: FUNCTIONAL_STEPS.

import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { HttpRefusal, HttpTrouble } from "../../platform/http-client/http-failures.ts";
import type { FunctionalRun, TestPlace } from "./functional-run.ts";
import type { FunctionalStepName } from "./functional-result.ts";
import { chooseCabinet, listCabinets, chooseDialog, listDialogs, readDialogFields } from "../platform-api/cabinets.ts";
import {
  CUSTOM_DIALOG_ID,
  deleteDocument,
  downloadSection,
  fetchDocument,
  listSections,
  searchDocuments,
  updateFields,
  storeDocument,
} from "../platform-api/documents.ts";
import { logOff, type Platform, readVersion } from "../platform-api/platform.ts";
import { listTrash, purgeTrash, trashItemOf } from "../platform-api/trash.ts";
import { changedMarker, chooseMarkerField, contentDifference, indexValues } from "./test-document.ts";

/** Does the step's work; `platform` ends with the signal, the step's limit. Throws a failure when it did not pass. */
type StepAction = (run: FunctionalRun, platform: Platform, signal: AbortSignal) => Promise<void>;

const FIRST_SEARCH_PAUSE_MS = 250;
const LONGEST_SEARCH_PAUSE_MS = 2_000;

export const STEP_ACTIONS = {
  logIn: (_, platform) => platform.open(),
  readVersion: async ({ found }, platform) => {
    found.version = await readVersion(platform);
  },
  listCabinets: async ({ found, target }, platform) => {
    found.cabinetId = await findCabinet(platform, target.cabinetId);
  },
  readDialogs: async ({ found, markerField }, platform) => {
    found.place = await findPlace(platform, known(found.cabinetId, "cabinet"), markerField);
  },
  store,
  findBySearch: (run, platform, signal) => findDocument(run, platform, signal, run.marker),
  fetch: async (run, platform) => {
    const { place, documentId } = stored(run);
    const document = await fetchDocument(platform, place.cabinetId, documentId);
    if (document === undefined) throw new PermanentFailure(`Document ${documentId} was stored, but is not there.`);
    if (document.fields.get(place.field)?.toUpperCase() !== run.marker) {
      throw new PermanentFailure(`Document ${documentId} does not carry the stored value in ${place.field}.`);
    }
  },
  download,
  updateFields: (run, platform) => {
    const { place, documentId } = stored(run);
    const value = { FieldName: place.field, Item: changedMarker(run.marker), ItemElementName: "String" } as const;
    return updateFields(platform, place.cabinetId, documentId, [value]);
  },
  findByNewValue: (run, platform, signal) => findDocument(run, platform, signal, changedMarker(run.marker)),
  delete: async (run, platform) => {
    const { place, documentId } = stored(run);
    const outcome = await deleteDocument(platform, place.cabinetId, documentId);
    run.found.deleted = true;
    if (outcome === "absent") throw new PermanentFailure(`Document ${documentId} was gone before it was deleted.`);
  },
  confirmGone: async (run, platform) => {
    const { place, documentId } = stored(run);
    if ((await fetchDocument(platform, place.cabinetId, documentId)) !== undefined) {
      throw new PermanentFailure(`Document ${documentId} is still there after it was deleted.`);
    }
  },
  purge: async (run, platform) => {
    const { place, documentId } = stored(run);
    await purgeDocument(platform, place.cabinetId, documentId);
    run.found.purged = true;
  },
  logOff: (_, platform) => logOff(platform),
} as const satisfies Record<FunctionalStepName, StepAction>;

/** Id of the cabinet to work in. */
export async function findCabinet(platform: Platform, wanted: string | undefined): Promise<string> {
  const cabinet = chooseCabinet(await listCabinets(platform), wanted);
  if (cabinet !== undefined) return cabinet.id;
  throw new PermanentFailure(
    wanted === undefined ? "The account sees no file cabinet." : `The account sees no file cabinet ${wanted}.`,
  );
}

/** The default dialogs of the cabinet and a text field that they share. */
export async function findPlace(platform: Platform, cabinetId: string, markerField: string): Promise<TestPlace> {
  const dialogs = await listDialogs(platform, cabinetId);
  const searchDialogId = chooseDialog(dialogs, "Search")?.id ?? CUSTOM_DIALOG_ID;
  const storeDialogId = chooseDialog(dialogs, "Store")?.id;
  const searchFields = await readDialogFields(platform, cabinetId, searchDialogId);
  const storeFields =
    storeDialogId === undefined ? searchFields : await readDialogFields(platform, cabinetId, storeDialogId);
  const field = chooseMarkerField(searchFields, storeFields, markerField);
  if (field === undefined) {
    throw new PermanentFailure(
      `Cabinet ${cabinetId}: its default search and store dialogs share no writable text field of 40 characters.`,
    );
  }
  return { cabinetId, searchDialogId, storeDialogId, storeFields, field };
}

async function store(run: FunctionalRun, platform: Platform): Promise<void> {
  const { found, marker, content, startedAt } = run;
  const place = known(found.place, "place");
  // From here on a document may exist, even when no answer comes.
  found.storing = "sent";
  try {
    const document = await storeDocument(platform, {
      cabinetId: place.cabinetId,
      dialogId: place.storeDialogId,
      fields: indexValues(place.storeFields, place.field, marker, startedAt),
      file: { name: "operations-check.txt", contentType: "text/plain", bytes: content },
      boundary: `boundary-${marker}`,
    });
    found.documentId = document.id;
  } catch (error) {
    if (isRefusal(error)) found.storing = "refused";
    throw error;
  }
}

/** Refused by status or throttled: the request had no effect. An unreadable answer to an accepted one is neither. */
const isRefusal = (error: unknown): boolean =>
  error instanceof HttpRefusal || (error instanceof HttpTrouble && error.status === 429);

async function findDocument(run: FunctionalRun, platform: Platform, signal: AbortSignal, value: string): Promise<void> {
  const { place, documentId } = stored(run);
  const search = { cabinetId: place.cabinetId, dialogId: place.searchDialogId, field: place.field, value, count: 10 };
  let pause = FIRST_SEARCH_PAUSE_MS;
  for (let searches = 1; ; searches += 1) {
    const documents = await searchDocuments(platform, search);
    if (documents.some((one) => one.id === documentId)) return;
    await run.deps.wait(pause, signal).catch((cause: unknown) => {
      const message = `Document ${documentId} was not found by ${place.field} in ${searches} searches.`;
      throw new TransientFailure(message, { cause });
    });
    pause = Math.min(pause * 2, LONGEST_SEARCH_PAUSE_MS);
  }
}

async function download(run: FunctionalRun, platform: Platform): Promise<void> {
  const { place, documentId } = stored(run);
  const [section] = await listSections(platform, place.cabinetId, documentId);
  if (section === undefined) throw new PermanentFailure(`Document ${documentId} has no file.`);
  const bytes = await downloadSection(platform, place.cabinetId, section, 16 * run.content.length);
  const difference = contentDifference(run.content, bytes);
  if (difference !== undefined) throw new PermanentFailure(`Document ${documentId}: ${difference}`);
}

/** Removes a deleted document from the trash bin. */
export async function purgeDocument(platform: Platform, cabinetId: string, documentId: number): Promise<void> {
  const item = trashItemOf(await listTrash(platform), cabinetId, documentId);
  if (item === undefined) throw new PermanentFailure(`Document ${documentId} was not found in the trash bin.`);
  if ((await purgeTrash(platform, [item.id])) !== 1) {
    throw new PermanentFailure(`Document ${documentId} could not be removed from the trash bin.`);
  }
}

function stored({ found }: FunctionalRun): { readonly place: TestPlace; readonly documentId: number } {
  return { place: known(found.place, "place"), documentId: known(found.documentId, "document") };
}

/** What a step needs is there, because FUNCTIONAL_STEPS skips it otherwise. */
function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`A step ran without its ${what}: FUNCTIONAL_STEPS is wrong.`);
  return value;
}
