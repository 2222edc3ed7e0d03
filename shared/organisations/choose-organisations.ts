// Resolves what a caller asked for to registered organisations.

import type { Organisation } from "./organisation.ts";
import type { OrganisationStore } from "./store.ts";

export interface Chosen {
  /** Ascending by id, each once. */
  readonly organisations: readonly Organisation[];
  /** Asked for, but registered by nobody. */
  readonly unknown: readonly string[];
  /** Registered, but their row cannot be read. */
  readonly unreadable: readonly string[];
}

/** All that are registered, or the named ones. */
export async function chooseOrganisations(
  store: Pick<OrganisationStore, "all">,
  wanted: "all" | readonly string[],
): Promise<Chosen> {
  const registered = new Map<string, Organisation>();
  const unreadable = new Set<string>();
  for await (const organisation of store.all((organisationId) => unreadable.add(organisationId)))
    registered.set(organisation.organisationId, organisation);
  const ids = wanted === "all" ? [...registered.keys(), ...unreadable] : [...new Set(wanted)];
  const chosen = ids.toSorted();
  return {
    organisations: chosen.flatMap((id) => registered.get(id) ?? []),
    unknown: chosen.filter((id) => !registered.has(id) && !unreadable.has(id)),
    unreadable: chosen.filter((id) => unreadable.has(id)),
  };
}
