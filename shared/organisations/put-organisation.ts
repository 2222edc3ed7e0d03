// Registers an organisation, or replaces what is registered; replacing needs the etag of what the caller saw. Its
// maintenance window must leave enough chances beside the present freezes.

import { err, ok, type Result } from "../kernel/result.ts";
import { checkAvailability, type TooFewWindows } from "../kernel/time/availability.ts";
import { freezesFor, type Freeze } from "../kernel/time/freeze.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { OutboundPolicy } from "../platform/outbound/address.ts";
import { parsePlatformUrl } from "../docuware/platform-api/target.ts";
import { windowOf, type Organisation } from "./organisation.ts";
import type { OrganisationStore, Registered } from "./store.ts";

export type PutRefusal =
  | { readonly kind: "etagNeeded" | "changedMeanwhile" }
  | { readonly kind: "badAddress"; readonly reason: string }
  | TooFewWindows;

export interface PutDeps {
  readonly organisations: OrganisationStore;
  /** All there are. */
  readonly freezes: () => Promise<readonly Freeze[]>;
  readonly clock: Clock;
  /** Where an organisation may be: the probe's secret is sent there. */
  readonly outbound: OutboundPolicy;
}

/** `ifMatch`: the etag the caller saw; absent for a new organisation. */
export async function putOrganisation(
  { organisations: store, freezes, clock, outbound }: PutDeps,
  asked: Organisation,
  ifMatch: string | undefined,
): Promise<Result<Registered & { readonly created: boolean }, PutRefusal>> {
  const address = parsePlatformUrl(asked.platformUrl, outbound);
  if (!address.ok) return err({ kind: "badAddress", reason: address.error });
  const organisation = { ...asked, platformUrl: address.value };
  const own = freezesFor(await freezes(), organisation);
  const available = checkAvailability(windowOf(organisation), own, clock.now());
  if (!available.ok) return available;
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

const isSame = (a: Organisation, b: Organisation): boolean => canonical(a) === canonical(b);

/** As JSON with the names in order, at every depth: rows give them back in the order of the schema. */
const canonical = (value: Organisation): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([x], [y]) => (x < y ? -1 : 1)))
      : part,
  );
