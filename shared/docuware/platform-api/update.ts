// Changing index values.

import { documentsPath, type IndexValue } from "./documents.ts";
import type { Platform } from "./platform.ts";

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
