// All that can be done with the registry, bound to the adapters once: for the composition root.

import { bind } from "../kernel/bind.ts";
import type { Freeze } from "../kernel/time/freeze.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { OutboundPolicy } from "../platform/outbound/address.ts";
import type { Tables } from "../platform/tables/tables.ts";
import type { PlatformLog } from "../platform/signals.ts";
import { chooseOrganisations } from "./choose-organisations.ts";
import { deleteOrganisation, type DeletionClaims } from "./delete-organisation.ts";
import type { Organisation } from "./organisation.ts";
import { putOrganisation } from "./put-organisation.ts";
import { organisationStore } from "./store.ts";

export interface OrganisationNeeds {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly log: PlatformLog;
  /** Where an organisation may be: the probe's secret is sent there. */
  readonly outbound: OutboundPolicy;
  /** Of the capabilities above, which exist when they are asked. */
  readonly freezes: () => Promise<readonly Freeze[]>;
  readonly deletions: () => DeletionClaims;
}

export type OrganisationVerbs = ReturnType<typeof organisationVerbs>;

export function organisationVerbs(needs: OrganisationNeeds) {
  const store = organisationStore(needs.tables, needs.log);
  const { clock, outbound, freezes } = needs;
  return {
    store,
    find: async (organisationId: string): Promise<Organisation | undefined> =>
      (await store.read(organisationId))?.organisation,
    choose: bind(store, chooseOrganisations),
    put: bind({ organisations: store, clock, outbound, freezes }, putOrganisation),
    remove: (organisationId: string, ifMatch: string) =>
      deleteOrganisation({ organisations: store, deletions: needs.deletions() }, organisationId, ifMatch),
  };
}
