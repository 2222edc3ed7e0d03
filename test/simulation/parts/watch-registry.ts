// I17: whoever is upgraded is in the registry: at the start, and until it is online again.

import { keyOf, text, type UpgradeRow } from "./watch-rows.ts";
import { isInFlight, type Break } from "./watch-states.ts";
import type { Write } from "../../../shared/platform/tables/tables.ts";

export function createRegistryWatch(
  book: { readonly upgrades: ReadonlyMap<string, UpgradeRow>; readonly offline: () => ReadonlySet<string> },
  breakIt: Break,
) {
  const registered = new Set<string>();
  const check = (organisationId: string, what: string): void => {
    if (!registered.has(organisationId)) breakIt("I17", `${organisationId} ${what}, and is not in the registry`);
  };
  return {
    onOrganisations(writes: readonly Write[]): void {
      for (const write of writes) {
        if (write.kind !== "remove") {
          registered.add(text(write.cells["organisationId"]));
          continue;
        }
        registered.delete(write.row);
        if (book.offline().has(write.row)) check(write.row, "is offline");
        for (const row of book.upgrades.values())
          if (row.organisationId === write.row && isInFlight(row.state)) check(write.row, `is ${row.state}`);
      }
    },
    onStart: (row: UpgradeRow): void => check(row.organisationId, `starts (${keyOf(row)})`),
    onOffline: (organisationId: string): void => check(organisationId, "is taken offline"),
  };
}
