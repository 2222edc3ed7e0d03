// Searching documents by an index field.

import { z } from "zod";
import { listOf } from "../../kernel/foreign.ts";
import { documentOf, documentSchema, type PlatformDocument } from "./documents.ts";
import { readJson, type Platform } from "./platform.ts";

export interface Search {
  readonly cabinetId: string;
  readonly dialogId: string;
  readonly field: string;
  /** Exact, or with the wildcards * and ?. Parentheses would have to be escaped. */
  readonly value: string;
  /** At most this many documents, 1 to 10,000 (DocuWare refuses more with 422). */
  readonly count: number;
}

const schema = z.object({ Items: listOf(documentSchema) });

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
    schema,
  );
  return Items.map(documentOf);
}
