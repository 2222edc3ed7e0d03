// Pre-flight check of the registry: nobody is taken offline who is not registered any more, whom another campaign has, or who
// runs on another stamp than the one that its budgets and freezes were counted for.

import type { Organisation } from "../../organisations/organisation.ts";
import { heldBecause, type StoredClaim } from "../store/claims.ts";
import type { PreflightCheck } from "./preflight.ts";

/** Both read as they are now, or were some seconds ago. */
export const stillRegistered =
  (deps: {
    readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
    readonly claimOf: (organisationId: string) => Promise<StoredClaim | undefined>;
  }): PreflightCheck =>
  async ({ organisationId, stamp }, { campaignId }) => {
    const [organisation, stored] = await Promise.all([
      deps.organisationOf(organisationId),
      deps.claimOf(organisationId),
    ]);
    const skip = (reason: string) => ({ kind: "skip", reason }) as const;
    if (organisation === undefined) return skip("it is not in the registry any more");
    const holder = stored?.claim.campaignId;
    if (holder !== campaignId) return skip(holder === undefined ? "no campaign holds it" : heldBecause(holder));
    if (organisation.stamp !== stamp) return skip(`it has moved from stamp ${stamp} to ${organisation.stamp}`);
    return { kind: "go" };
  };
