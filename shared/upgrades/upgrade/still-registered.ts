// Pre-flight check of the registry: nobody is taken offline who is not registered any more, whom another campaign has, or who
// runs on another stamp than the one that its budgets and freezes were counted for.

import type { Organisation } from "../../organisations/organisation.ts";
import type { Tables } from "../../platform/tables/tables.ts";
import { heldBecause, readClaim } from "../store/claims.ts";
import type { PreflightCheck } from "./preflight.ts";

export const stillRegistered =
  (deps: {
    readonly tables: Tables;
    /** Read now, from no cache. */
    readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  }): PreflightCheck =>
  async ({ organisationId, stamp }, { campaignId }) => {
    const [organisation, stored] = await Promise.all([
      deps.organisationOf(organisationId),
      readClaim(deps.tables, organisationId),
    ]);
    const skip = (reason: string) => ({ kind: "skip", reason }) as const;
    if (organisation === undefined) return skip("it is not in the registry any more");
    const holder = stored?.claim.campaignId;
    if (holder !== campaignId) return skip(holder === undefined ? "no campaign holds it" : heldBecause(holder));
    if (organisation.stamp !== stamp) return skip(`it has moved from stamp ${stamp} to ${organisation.stamp}`);
    return { kind: "go" };
  };
