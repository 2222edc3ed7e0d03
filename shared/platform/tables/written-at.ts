// What a transaction did to one of its rows.

import type { Transacted, Written } from "./tables.ts";

/** `position`: that of the row's write in the transaction. */
export function writtenAt(done: Transacted, position = 0): Written {
  const etag = done.kind === "written" ? done.etags[position] : undefined;
  return etag === undefined ? { kind: "conflict" } : { kind: "written", etag };
}
