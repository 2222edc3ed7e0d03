// The trash bin of the account: everybody sees the own deletions only.

import { z } from "zod";
import { flag, listOf, optional, optionalNumber } from "../../kernel/foreign.ts";
import { readJson, type Platform } from "./platform.ts";

export interface TrashItem {
  /** `tr_<guid>-<document id>`. */
  readonly id: string;
  readonly cells: readonly string[];
}

const querySchema = z.object({
  Count: optional(z.object({ HasMore: flag(false) })),
  Rows: listOf(z.array(z.unknown())),
});
const deleteSchema = z.object({ SuccessCount: optionalNumber(), FailedItems: listOf(z.unknown()) });

const PAGE = 1_000;
const MAX_ITEMS = 5_000;

/** The account's deletions, at most 5,000 in DocuWare's order: by which field a bin may be sorted is not documented. */
export async function listTrash(platform: Platform): Promise<readonly TrashItem[]> {
  const items: TrashItem[] = [];
  for (let start = 0; start < MAX_ITEMS; start += PAGE) {
    const json = { Condition: [], Operation: "And", SortOrder: [], Start: start, Count: PAGE, ForceRefresh: true };
    const { Count, Rows } = await readJson(platform, { method: "POST", path: "/TrashBin/Query", json }, querySchema);
    items.push(...Rows.flatMap(itemOf));
    if (Count?.HasMore !== true) break;
  }
  return items;
}

function itemOf(row: readonly unknown[]): readonly TrashItem[] {
  const [id] = row;
  if (typeof id !== "string" || !id.startsWith("tr_")) return [];
  return [{ id, cells: row.filter((cell) => typeof cell === "string") }];
}

/**
 * The item of a document. The guid in its id is not documented: the cabinet's wins, else the only one with the
 * document's number; undefined when there is none or more than one.
 */
export function trashItemOf(items: readonly TrashItem[], cabinetId: string, documentId: number): TrashItem | undefined {
  const numbered = items.filter((one) => one.id.endsWith(`-${documentId}`));
  const own = numbered.find((one) => one.id.toLowerCase().includes(cabinetId.toLowerCase()));
  return own ?? (numbered.length === 1 ? numbered[0] : undefined);
}

/** Removes items for good. Answers how many are gone. */
export async function purgeTrash(platform: Platform, ids: readonly string[]): Promise<number> {
  const call = { method: "POST", path: "/TrashBin/BatchDelete", json: { Id: ids } } as const;
  const { SuccessCount, FailedItems } = await readJson(platform, call, deleteSchema);
  return SuccessCount ?? ids.length - FailedItems.length;
}
