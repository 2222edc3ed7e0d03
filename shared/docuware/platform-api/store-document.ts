// Storing a document.

import { readJson, type Platform } from "./platform.ts";
import { documentOf, documentSchema, documentsPath, type IndexValue, type PlatformDocument } from "./documents.ts";

export interface NewDocument {
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
