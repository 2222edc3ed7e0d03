// All that can be done with freezes, bound to the adapters once: for the composition root.

import { bind } from "../kernel/bind.ts";
import type { OrganisationStore } from "../organisations/store.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Tables } from "../platform/tables/tables.ts";
import type { Wait } from "../platform/wait.ts";
import { deleteFreeze } from "./delete-freeze.ts";
import { putFreeze, tryFreeze } from "./put-freeze.ts";
import { freezeStore } from "./store.ts";

export interface FreezeNeeds {
  readonly tables: Tables;
  readonly organisations: OrganisationStore;
  readonly clock: Clock;
  readonly wait: Wait;
}

export type FreezeVerbs = ReturnType<typeof freezeVerbs>;

export function freezeVerbs(needs: FreezeNeeds) {
  const freezes = freezeStore(needs.tables);
  const deps = { ...needs, freezes };
  return {
    store: freezes,
    put: bind(deps, putFreeze),
    tryPut: bind(deps, tryFreeze),
    remove: bind(freezes, deleteFreeze),
  };
}
