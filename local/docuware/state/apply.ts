// The one place that changes an organisation's state. Deterministic in (state, event), so that replaying a journal
// gives exactly the state that wrote it.
import { defined } from "../../../shared/kernel/defined.ts";
import type {
  DocumentRecord,
  OperationRecord,
  OrganisationEvent,
  OrganisationState,
  Snapshot,
  TrashRecord,
} from "./model.ts";

const MAX_RESTORE_POINTS = 10;
const MAX_HISTORY = 1000;
const MAX_OPERATIONS = 10_000;

export const initialState = (version: string): OrganisationState => ({
  availability: "online",
  version,
  history: [],
  documents: new Map(),
  trash: new Map(),
  operations: new Map(),
  scopes: new Map(),
  restorePoints: new Map(),
  nextDocument: 1,
  nextSection: 1,
  runningId: undefined,
});

/** The operation that runs now, if any: at most one per organisation. */
export function runningOperation(state: OrganisationState): OperationRecord | undefined {
  return state.runningId === undefined ? undefined : state.operations.get(state.runningId);
}

export function applyEvent(state: OrganisationState, event: OrganisationEvent): void {
  switch (event.type) {
    case "snapshot":
      restoreSnapshot(state, event.snapshot);
      return;
    case "documentPut":
      putDocument(state, event.document);
      return;
    case "documentTrashed":
      state.documents.delete(event.trashed.document.id);
      state.trash.set(event.trashed.id, event.trashed);
      return;
    case "trashPurged":
      for (const id of event.ids) state.trash.delete(id);
      return;
    case "operationBegun":
      beginOperation(state, event.operation, event.cancels);
      return;
    case "operationEnded":
      endOperation(state, event.id, event.at);
      return;
  }
}

function putDocument(state: OrganisationState, document: DocumentRecord): void {
  state.documents.set(document.id, document);
  state.nextDocument = Math.max(state.nextDocument, document.id + 1);
  for (const section of document.sections) {
    const number = Number(section.id.slice(section.id.lastIndexOf("-") + 1));
    state.nextSection = Math.max(state.nextSection, number + 1);
  }
}

function beginOperation(state: OrganisationState, operation: OperationRecord, cancels: string | undefined): void {
  const cancelled = cancels === undefined ? undefined : state.operations.get(cancels);
  if (cancelled !== undefined) {
    state.operations.set(cancelled.id, { ...cancelled, status: "Canceled", endedAt: operation.startedAt });
  }
  state.operations.set(operation.id, operation);
  state.runningId = operation.id;
  state.scopes.set(operation.scope, Math.max(operation.sequence, state.scopes.get(operation.scope) ?? 0));
  const oldest = state.operations.keys().next().value;
  if (state.operations.size > MAX_OPERATIONS && oldest !== undefined) state.operations.delete(oldest);
}

function endOperation(state: OrganisationState, id: string, at: number): void {
  const operation = state.operations.get(id);
  if (operation?.status !== "Running") return;
  state.runningId = undefined;
  if (operation.failure !== undefined) {
    state.operations.set(id, { ...operation, status: "Failed", endedAt: at });
    return;
  }
  const restorePointId = operation.kind === "createRestorePoint" ? `rp-${id}` : operation.restorePointId;
  applyEffect(state, { ...operation, restorePointId }, at);
  state.operations.set(id, {
    ...operation,
    ...defined({ restorePointId }),
    status: "Succeeded",
    endedAt: at,
    appliedCount: operation.appliedCount + 1,
    resultVersion: state.version,
  });
}

type Effect = Pick<OperationRecord, "kind" | "targetVersion"> & { readonly restorePointId: string | undefined };

function applyEffect(state: OrganisationState, operation: Effect, at: number): void {
  switch (operation.kind) {
    case "takeOffline":
      setAvailability(state, "offline", at);
      return;
    case "bringOnline":
      setAvailability(state, "online", at);
      return;
    case "createRestorePoint":
      addRestorePoint(state, operation.restorePointId ?? "");
      return;
    case "upgrade":
      state.version = operation.targetVersion ?? state.version;
      return;
    case "restore":
      restoreTo(state, operation.restorePointId ?? "");
      return;
  }
}

function setAvailability(state: OrganisationState, availability: "online" | "offline", at: number): void {
  if (state.availability === availability) return;
  state.availability = availability;
  state.history.push({ availability, at });
  if (state.history.length > MAX_HISTORY) state.history.shift();
}

function addRestorePoint(state: OrganisationState, id: string): void {
  state.restorePoints.set(id, {
    id,
    version: state.version,
    documents: [...state.documents.values()],
    trash: [...state.trash.values()],
  });
  const oldest = state.restorePoints.keys().next().value;
  if (state.restorePoints.size > MAX_RESTORE_POINTS && oldest !== undefined) state.restorePoints.delete(oldest);
}

function restoreTo(state: OrganisationState, id: string): void {
  const point = state.restorePoints.get(id);
  if (point === undefined) throw new Error(`Restore point "${id}" is gone although an operation was accepted for it.`);
  state.version = point.version;
  // Numbers given out since stay used: a document id never means two documents.
  replaceAll(state.documents, point.documents);
  replaceAll(state.trash, point.trash);
}

function replaceAll<K, V extends { readonly id: K }>(map: Map<K, V>, records: readonly V[]): void {
  map.clear();
  for (const record of records) map.set(record.id, record);
}

function restoreSnapshot(state: OrganisationState, from: Snapshot): void {
  state.availability = from.availability;
  state.version = from.version;
  state.history = from.history;
  replaceAll(state.documents, from.documents);
  replaceAll(state.trash, from.trash);
  replaceAll(state.operations, from.operations);
  replaceAll(state.restorePoints, from.restorePoints);
  state.runningId = from.operations.find((operation) => operation.status === "Running")?.id;
  state.scopes.clear();
  for (const [scope, sequence] of from.scopes) state.scopes.set(scope, sequence);
  state.nextDocument = from.nextDocument;
  state.nextSection = from.nextSection;
}

export const toSnapshot = (state: OrganisationState): Snapshot => ({
  availability: state.availability,
  version: state.version,
  history: [...state.history],
  documents: [...state.documents.values()],
  trash: [...state.trash.values()],
  operations: [...state.operations.values()],
  scopes: [...state.scopes],
  restorePoints: [...state.restorePoints.values()],
  nextDocument: state.nextDocument,
  nextSection: state.nextSection,
});

/** The ids of all sections that something still needs: documents, the trash bin, restore points. */
export function referencedSections(state: OrganisationState): Set<string> {
  const ids = new Set<string>();
  const add = (documents: Iterable<DocumentRecord>): void => {
    for (const document of documents) for (const section of document.sections) ids.add(section.id);
  };
  const addTrash = (records: Iterable<TrashRecord>): void => {
    for (const record of records) add([record.document]);
  };
  add(state.documents.values());
  addTrash(state.trash.values());
  for (const point of state.restorePoints.values()) {
    add(point.documents);
    addTrash(point.trash);
  }
  return ids;
}
