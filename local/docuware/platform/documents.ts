// Documents: store, fetch, update, delete.
import type { Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";
import type { DocumentRecord, SectionRecord } from "../state/model.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf, now, readBody } from "./call.ts";
import { findDialog } from "./cabinets.ts";
import { notFound, PlatformError } from "./platform-error.ts";
import { renderDocument, renderFields } from "./render.ts";
import type { UploadedFile } from "./upload.ts";
import { fieldsSchema, parseFields, readUpload } from "./upload.ts";

const MAX_DOCUMENTS = 50_000;

/** The document that the path names; throws 404. */
function documentOf(call: Call): DocumentRecord {
  return findDocument(call, call.parameters["document"] ?? "");
}

export function findDocument(call: Call, id: string): DocumentRecord {
  const cabinet = cabinetOf(call);
  const document = /^\d{1,15}$/.test(id) ? call.organisation.state.documents.get(Number(id)) : undefined;
  if (document?.cabinetId !== cabinet.id) throw notFound(`Document "${id}"`);
  return document;
}

export async function storeDocument(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  const dialogId = call.exchange.query("storedialogid");
  if (dialogId !== undefined) findDialog(cabinet, dialogId);
  const { state } = call.organisation;
  if (state.documents.size + state.trash.size >= MAX_DOCUMENTS) {
    throw new PlatformError(422, "StorageLimitException", `The organisation holds ${MAX_DOCUMENTS} documents already.`);
  }
  const upload = await readUpload(call);
  const at = now(call);
  const id = call.organisation.takeDocumentNumber();
  const document: DocumentRecord = {
    id,
    cabinetId: cabinet.id,
    fields: upload.fields,
    sections: await putFiles(call, id, upload.files),
    createdAt: at,
    createdBy: call.identity.username,
    modifiedAt: at,
    modifiedBy: call.identity.username,
  };
  await call.organisation.change({ type: "documentPut", document }, now(call));
  return answer(call.exchange, renderDocument(document, call.catalog));
}

async function putFiles(call: Call, documentId: number, files: readonly UploadedFile[]): Promise<SectionRecord[]> {
  const sections: SectionRecord[] = [];
  for (const { fileName, contentType, bytes } of files) {
    const id = `${documentId}-${call.organisation.takeSectionNumber()}`;
    await call.organisation.blobs.put(id, bytes);
    sections.push({ id, contentType, fileName, size: bytes.length, modifiedAt: now(call) });
  }
  return sections;
}

/** Changes the document as it is now: another call may have come in between, or deleted it (404). */
async function change(
  call: Call,
  documentId: string,
  update: (document: DocumentRecord) => DocumentRecord,
): Promise<DocumentRecord> {
  const at = now(call);
  call.organisation.tallyUpgrades(at);
  const updated = update(findDocument(call, documentId));
  const document = { ...updated, modifiedAt: at, modifiedBy: call.identity.username };
  await call.organisation.change({ type: "documentPut", document }, at);
  return document;
}

export const fetchDocument = async (call: Call): Promise<Reply> =>
  answer(call.exchange, renderDocument(documentOf(call), call.catalog));

export async function updateFields(call: Call): Promise<Reply> {
  documentOf(call);
  const values = parseFields((await readBody(call, fieldsSchema)).Field);
  const document = await change(call, call.parameters["document"] ?? "", (current) => ({
    ...current,
    fields: { ...current.fields, ...values },
  }));
  return answer(call.exchange, { Field: renderFields(document) });
}

/** Moves the document to the trash bin, where it stays until it is purged (since 7.8, KBA-37164). */
export async function deleteDocument(call: Call): Promise<Reply> {
  const document = documentOf(call);
  const deletedAt = now(call);
  const id = `tr_${document.cabinetId}-${document.id}`;
  const trashed = { id, document, deletedAt, deletedBy: call.identity.username };
  await call.organisation.change({ type: "documentTrashed", trashed }, deletedAt);
  return reply(200, undefined, "");
}
