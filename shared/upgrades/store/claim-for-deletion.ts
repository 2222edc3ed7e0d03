// The claim of whoever removes an organisation from the registry: the row that campaigns claim, so that of a campaign and a
// deletion one wins.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { DeletionClaims } from "../../organisations/delete-organisation.ts";
import type { OrganisationStore } from "../../organisations/store.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Tables } from "../../platform/tables/tables.ts";
import { claimCodec, claimKeyOf, DELETION, heldBecause, holderBy, isLeftBehind, readClaim, rewrite } from "./claims.ts";
import type { UpgradeStore } from "./store.ts";
import { CLAIMS_TABLE } from "../resources.ts";

/** A deletion takes two calls; one that died does not keep campaigns away for longer. */
const COUNTS_FOR_MS = MINUTE_MS;
const MAX_RACES = 5;

export function deletionClaims(deps: {
  readonly tables: Tables;
  readonly store: UpgradeStore;
  readonly registry: Pick<OrganisationStore, "read" | "replace">;
  readonly clock: Clock;
}): DeletionClaims {
  const table = deps.tables.table(CLAIMS_TABLE);
  return {
    async take(organisationId, etag): Promise<Result<() => Promise<void>, string>> {
      const key = claimKeyOf(organisationId);
      for (let attempt = 1; attempt <= MAX_RACES; attempt++) {
        const now = deps.clock.now();
        const present = await readClaim(deps.tables, organisationId);
        const holder =
          present === undefined ? undefined : await holderBy(deps.store, present.claim, organisationId, now);
        const isSameAgain = present?.claim.campaignId === DELETION && present.claim.removes === etag;
        if (holder !== undefined && !isSameAgain) return err(heldBecause(holder));
        // Of another state of the row: it may be slow, and not dead. Rewriting stops it, and this one, which must look again.
        if (present !== undefined && !isSameAgain && isLeftBehind(present.claim)) {
          await rewrite(deps.registry, organisationId);
          const over = claimCodec.encode({ ...present.claim, until: 0 });
          await table.replace(key, over, present.etag);
          return err("another deletion of it was under way; try again");
        }
        const cells = claimCodec.encode({ campaignId: DELETION, until: now + COUNTS_FOR_MS, removes: etag });
        const written =
          present === undefined ? await table.insert(key, cells) : await table.replace(key, cells, present.etag);
        if (written.kind === "conflict") continue;
        const ended = claimCodec.encode({ campaignId: DELETION, until: 0, removes: etag });
        // A lost race: somebody has taken it over, and the claim is theirs.
        return ok(async () => void (await table.replace(key, ended, written.etag)));
      }
      return err("others take it at the same moment");
    },
    async hasRemoved(organisationId, etag) {
      const claim = (await readClaim(deps.tables, organisationId))?.claim;
      return claim?.campaignId === DELETION && (etag === "*" || claim.removes === etag);
    },
  };
}
