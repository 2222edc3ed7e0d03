// Deleting a document.

import { documentsPath } from "./documents.ts";
import type { Platform } from "./platform.ts";

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
