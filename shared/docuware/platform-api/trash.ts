// The trash bin of the account: everybody sees the own deletions only.

import { z } from "zod";
import { readJson, type Platform } from "./platform.ts";

export interface TrashItem {
  /** `tr_<guid>-<document id>`. */
  readonly id: string;
  readonly cells: readonly string[];
}

const querySchema = z.looseObject({ Rows: z.array(z.array(z.unknown())) });
const deleteSchema = z.looseObject({
  SuccessCount: z.coerce.number().int().nonnegative(),
  FailedItems: z.array(z.unknown()).default([]),
});

/** The latest deletions, newest first. */
export async function listTrash(platform: Platform, count: number): Promise<readonly TrashItem[]> {
  const { Rows } = await readJson(
    platform,
    {
      method: "POST",
      path: "/TrashBin/Query",
      json: {
        Condition: [],
        Operation: "And",
        SortOrder: [{ Field: "DELETEDATETIME", Direction: "Desc" }],
        Start: 0,
        Count: count,
        ForceRefresh: true,
      },
    },
    querySchema,
  );
  return Rows.flatMap((row) => {
    const cells = row.map((cell) => (typeof cell === "string" ? cell : ""));
    const id = cells[0] ?? "";
    return id.startsWith("tr_") ? [{ id, cells }] : [];
  });
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
  return (await readJson(platform, call, deleteSchema)).SuccessCount;
}
