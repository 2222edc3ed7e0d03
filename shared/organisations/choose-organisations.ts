// Resolves what a caller asked for to registered organisations.

import type { Organisation } from "./organisation.ts";
import type { OrganisationStore } from "./store.ts";

/** All that are registered, or the named ones: ascending by id, each once. Or the first name that nobody has registered. */
export async function chooseOrganisations(
  store: OrganisationStore,
  wanted: "all" | readonly string[],
): Promise<{ readonly organisations: readonly Organisation[] } | { readonly unknown: string }> {
  const registered = new Map<string, Organisation>();
  for await (const organisation of store.all()) registered.set(organisation.organisationId, organisation);
  const ids = wanted === "all" ? [...registered.keys()] : [...new Set(wanted)];
  const organisations: Organisation[] = [];
  for (const id of ids.toSorted()) {
    const organisation = registered.get(id);
    if (organisation === undefined) return { unknown: id };
    organisations.push(organisation);
  }
  return { organisations };
}
