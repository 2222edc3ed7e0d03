// Removes an organisation from the registry, unless a campaign has it. Campaigns claim organisations, and so does this: of
// the two one wins, and the other is told. The etag is read before the claim: a campaign that takes over the claim of a
// deletion that seems dead writes the organisation's row anew, so a deletion that was only slow then loses.

import { err, ok, type Result } from "../kernel/result.ts";
import type { OrganisationStore } from "./store.ts";

export interface DeletionClaims {
  /** Claims the organisation for the deletion of the row with this etag; or why it cannot. The answer ends the claim. */
  take(organisationId: string, etag: string): Promise<Result<() => Promise<void>, string>>;
  /** Whether the last deletion removed the row with this etag (`*`: any). */
  hasRemoved(organisationId: string, etag: string): Promise<boolean>;
}

export interface DeleteDeps {
  readonly organisations: Pick<OrganisationStore, "read" | "remove">;
  readonly deletions: DeletionClaims;
}

export type DeleteRefusal =
  | { readonly kind: "unknown" | "changedMeanwhile" }
  | { readonly kind: "held"; readonly because: string };

/** `ifMatch`: the etag the caller saw, or `*`. The same deletion again is no error: its first answer may have been lost. */
export async function deleteOrganisation(
  { organisations, deletions }: DeleteDeps,
  organisationId: string,
  ifMatch: string,
): Promise<Result<"removed", DeleteRefusal>> {
  const present = await organisations.read(organisationId);
  if (present === undefined)
    return (await deletions.hasRemoved(organisationId, ifMatch)) ? ok("removed") : err({ kind: "unknown" });
  if (ifMatch !== "*" && ifMatch !== present.etag) return err({ kind: "changedMeanwhile" });
  const claim = await deletions.take(organisationId, present.etag);
  if (!claim.ok) return err({ kind: "held", because: claim.error });
  const removed = await organisations.remove(organisationId, present.etag);
  await claim.value();
  return removed === "removed" ? ok("removed") : err({ kind: "changedMeanwhile" });
}
