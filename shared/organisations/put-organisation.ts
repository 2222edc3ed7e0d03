// Registers an organisation, or replaces what is registered; replacing needs the etag of what the caller saw.

import { err, ok, type Result } from "../kernel/result.ts";
import type { Organisation } from "./organisation.ts";
import type { OrganisationStore, Registered } from "./store.ts";

export type PutRefusal = { readonly kind: "etagNeeded" } | { readonly kind: "changedMeanwhile" };

/** `ifMatch`: the etag the caller saw; absent for a new organisation. */
export async function putOrganisation(
  store: OrganisationStore,
  organisation: Organisation,
  ifMatch: string | undefined,
): Promise<Result<Registered & { readonly created: boolean }, PutRefusal>> {
  if (ifMatch === undefined) {
    const written = await store.insert(organisation);
    if (written.kind === "written") return ok({ organisation, etag: written.etag, created: true });
    const present = await store.read(organisation.organisationId);
    // The same request again is no conflict: its first answer may have been lost.
    if (present !== undefined && isSame(present.organisation, organisation)) return ok({ ...present, created: false });
    return err({ kind: "etagNeeded" });
  }
  const written = await store.replace(organisation, ifMatch);
  if (written.kind === "conflict") return err({ kind: "changedMeanwhile" });
  return ok({ organisation, etag: written.etag, created: false });
}

const isSame = (a: Organisation, b: Organisation): boolean => {
  const text = (value: Organisation): string =>
    JSON.stringify(Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
};
