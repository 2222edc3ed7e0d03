// Documents: their shape as the Platform API gives it and what of it we use, and what is done with them but storing.

import { z } from "zod";
import { flag, listOf, optionalText, requiredCount, requiredText } from "../../kernel/foreign.ts";
import { parseBody } from "../json-body.ts";
import { docuwareDate } from "./answers.ts";
import { readJson, type Platform } from "./platform.ts";

export interface PlatformDocument {
  readonly id: number;
  /** Index values by field name; those of keyword and table fields are left out. */
  readonly fields: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch by the server's clock. */
  readonly createdAt: number | undefined;
}

/** An index value to write. */
export interface IndexValue {
  readonly FieldName: string;
  readonly Item: string | number;
  readonly ItemElementName: "String" | "Memo" | "Int" | "Decimal" | "Date" | "DateTime";
}

export const documentSchema = z.object({
  // Numbers come as numeric text from some versions.
  Id: requiredCount(),
  // A field without a value has IsNull and no Item.
  Fields: listOf(z.object({ FieldName: requiredText(), IsNull: flag(false), Item: z.unknown().optional() })),
  CreatedAt: optionalText(),
});

export function documentOf(document: z.infer<typeof documentSchema>): PlatformDocument {
  const fields = document.Fields.flatMap(({ FieldName, IsNull, Item }): [string, string][] =>
    !IsNull && (typeof Item === "string" || typeof Item === "number") ? [[FieldName, String(Item)]] : [],
  );
  return { id: document.Id, fields: new Map(fields), createdAt: docuwareDate(document.CreatedAt) };
}

const documentsPath = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Documents`;

/** The document with its index values; undefined when the cabinet has none with this id. */
export async function fetchDocument(
  platform: Platform,
  cabinetId: string,
  documentId: number,
): Promise<PlatformDocument | undefined> {
  const { response, request } = await platform.call({
    method: "GET",
    path: `${documentsPath(cabinetId)}/${documentId}`,
    accepted: [404],
  });
  return response.status === 404 ? undefined : documentOf(parseBody(response, documentSchema, request));
}

export interface Search {
  readonly cabinetId: string;
  readonly dialogId: string;
  readonly field: string;
  /** Exact, or with the wildcards * and ?. Parentheses would have to be escaped. */
  readonly value: string;
  /** At most this many documents, 1 to 10,000 (DocuWare refuses more with 422). */
  readonly count: number;
}

const searchSchema = z.object({ Items: listOf(documentSchema) });

/** DocuWare's built-in dialog that knows every field of a cabinet. */
export const CUSTOM_DIALOG_ID = "00000000-0000-0000-0000-000000000000";

/** The documents whose field matches, with a fresh view (a result may lag behind a store all the same: poll). */
export async function searchDocuments(platform: Platform, search: Search): Promise<readonly PlatformDocument[]> {
  const { Items } = await readJson(
    platform,
    {
      method: "POST",
      path: `/FileCabinets/${encodeURIComponent(search.cabinetId)}/Query/DialogExpression`,
      query: { dialogId: search.dialogId },
      json: {
        Condition: [{ DBName: search.field, Value: [search.value] }],
        Operation: "And",
        Start: 0,
        Count: search.count,
        ForceRefresh: true,
      },
    },
    searchSchema,
  );
  return Items.map(documentOf);
}

const sectionsSchema = z.object({ Section: listOf(z.object({ Id: requiredText() })) });

const sectionsPath = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Sections`;

/** Ids of the document's sections (its files), in their order. */
export async function listSections(
  platform: Platform,
  cabinetId: string,
  documentId: number,
): Promise<readonly string[]> {
  const call = { method: "GET", path: sectionsPath(cabinetId), query: { DocId: String(documentId) } } as const;
  return (await readJson(platform, call, sectionsSchema)).Section.map((one) => one.Id);
}

/** The bytes of one section as they were stored: the whole document's download may be converted or packed. */
export async function downloadSection(
  platform: Platform,
  cabinetId: string,
  sectionId: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const { response } = await platform.call({
    method: "GET",
    path: `${sectionsPath(cabinetId)}/${encodeURIComponent(sectionId)}/Data`,
    headers: { accept: "*/*" },
    maxBodyBytes: maxBytes,
  });
  return response.body;
}

/** Writes index values; fields that are not named keep theirs. */
export async function updateFields(
  platform: Platform,
  cabinetId: string,
  documentId: number,
  fields: readonly IndexValue[],
): Promise<void> {
  await platform.call({
    method: "PUT",
    path: `${documentsPath(cabinetId)}/${documentId}/Fields`,
    json: { Field: fields },
  });
}

/** Moves the document to the trash bin, where it counts against the quota for 30 days: see purgeTrash. */
export async function deleteDocument(
  platform: Platform,
  cabinetId: string,
  documentId: number,
): Promise<"deleted" | "absent"> {
  const { response } = await platform.call({
    method: "DELETE",
    path: `${documentsPath(cabinetId)}/${documentId}`,
    accepted: [404],
  });
  return response.status === 404 ? "absent" : "deleted";
}

interface NewDocument {
  readonly cabinetId: string;
  /** The store dialog; without it the cabinet's own rules hold. */
  readonly dialogId: string | undefined;
  readonly fields: readonly IndexValue[];
  readonly file: { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array };
  /** Separates the parts: 1 to 60 letters, digits or hyphens that the file does not contain after "--". */
  readonly boundary: string;
}

/** Stores one file with its index values in one request. Not repeatable: a repeat stores a second document. */
export async function storeDocument(platform: Platform, document: NewDocument): Promise<PlatformDocument> {
  const stored = await readJson(
    platform,
    {
      method: "POST",
      path: documentsPath(document.cabinetId),
      query: document.dialogId === undefined ? {} : { StoreDialogId: document.dialogId },
      headers: { "content-type": `multipart/form-data; boundary=${document.boundary}` },
      body: multipart(document),
    },
    documentSchema,
  );
  return documentOf(stored);
}

/** DocuWare takes the first part as index data when its type is JSON; the names of the parts mean nothing to it. */
function multipart({ boundary, fields, file }: NewDocument): Uint8Array {
  const part = (name: string, fileName: string, contentType: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n` +
    `Content-Type: ${contentType}\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(`${part("document", "index.json", "application/json")}${JSON.stringify({ Fields: fields })}\r\n`),
    Buffer.from(part("file", file.name, file.contentType)),
    file.bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}
