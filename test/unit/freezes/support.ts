// Freezes over tables in memory, with organisations of all shapes.

import { freezeStore } from "../../../shared/freezes/store.ts";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { organisationStore } from "../../../shared/organisations/store.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { fleet, type FleetMember } from "../../../local/fleet.ts";
import { FREEZES_TABLE } from "../../../shared/freezes/resources.ts";

export const NOW = Date.UTC(2027, 0, 10, 12);

export const freeze = (period: Freeze["period"], scope: Freeze["scope"] = { kind: "global" }, id = "f-1"): Freeze => ({
  freezeId: id,
  reason: "year end",
  scope,
  period,
});
export const yearly = (from: string, to: string): Freeze["period"] => ({
  kind: "yearly",
  zone: "Europe/Berlin",
  from,
  to,
});
export const once = (from: string, to: string): Freeze["period"] => ({ kind: "once", zone: "UTC", from, to });

export const organisationOf = ({ contact, number: _, ...member }: FleetMember): Organisation => ({
  ...member,
  contacts: [contact],
  platformUrl: "https://platform.example",
});

export async function createWorld(size: number, tables: Tables = memoryTables()) {
  await tables.ensure([FREEZES_TABLE, "Organisations"]);
  const organisations = organisationStore(tables);
  for (const member of fleet(size)) await organisations.insert(organisationOf(member));
  const waits = { count: 0 };
  return {
    tables,
    waits,
    organisations,
    freezes: freezeStore(tables),
    clock: { now: () => NOW },
    wait: async () => void waits.count++,
  };
}
