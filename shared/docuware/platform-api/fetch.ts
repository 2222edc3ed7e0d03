// Reading one document.

import { parseBody } from "../json-body.ts";
import { documentOf, documentSchema, documentsPath, type PlatformDocument } from "./documents.ts";
import type { Platform } from "./platform.ts";

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
