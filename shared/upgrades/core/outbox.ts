// Which moves others must hear of. Such a move puts itself into the campaign's outbox in its own transaction; the
// coordinator tells it on and then removes it, so a crash can only make it be told twice, never lose it.

import { isActive } from "./moves.ts";
import type { HistoryEntry, Upgrade } from "./upgrade.ts";

export interface OutboxEntry {
  readonly entry: HistoryEntry;
  /** The upgrade as that move left it. */
  readonly upgrade: Upgrade;
}

export type NewsKind = "appointed" | "started" | "rollingBack" | "succeeded" | "rolledBack" | "needsHuman" | "skipped";

/** What a move means to others; undefined for steps in between. */
export function newsKind({ from, to }: Pick<HistoryEntry, "from" | "to">): NewsKind | undefined {
  switch (to) {
    case "scheduled":
      return "appointed";
    case "goingOffline":
      return "started";
    case "restoring":
    case "verifyingPrevious":
      return from === "restoring" || from === "verifyingPrevious" ? undefined : "rollingBack";
    case "succeeded":
    case "rolledBack":
    case "needsHuman":
    case "skipped":
      return to;
    case "creatingRestorePoint":
    case "upgrading":
    case "verifying":
    case "goingOnline":
    case "goingOnlinePrevious":
      return undefined;
  }
}

/** Whether the coordinator has counted this move already, in the transaction that made it. */
export const isCountedAtOnce = ({ from, to }: Pick<HistoryEntry, "from" | "to">): boolean =>
  from === "scheduled" && isActive(to);
