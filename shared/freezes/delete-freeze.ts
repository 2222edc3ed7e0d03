// Removes a freeze. `ifMatch`: the etag the caller saw, or `*` for whatever is there.

import type { FreezeStore } from "./store.ts";

export async function deleteFreeze(
  freezes: Pick<FreezeStore, "read" | "remove">,
  freezeId: string,
  ifMatch: string,
): Promise<"removed" | "unknown" | "changedMeanwhile"> {
  const etag = ifMatch === "*" ? (await freezes.read(freezeId))?.etag : ifMatch;
  if (etag === undefined) return "unknown";
  return (await freezes.remove(freezeId, etag)) === "conflict" ? "changedMeanwhile" : "removed";
}
