// Which campaign an organisation is in. A campaign's claim is never released: it counts only while the campaign holds the
// organisation (its upgrade there has not ended), so nothing can be left behind by a crash. Whoever deletes an organisation
// takes the same row (claim-for-deletion.ts); that claim counts for a minute at most.

import type { UpgradeDeps } from "../deps.ts";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { z } from "zod";
import type { Clock } from "../../platform/clock/clock.ts";
import { allRows, type StoredRow, type Table, type Tables, type Write } from "../../platform/tables/tables.ts";
import { readAhead } from "../../platform/tables/read-ahead.ts";
import { rowCodec } from "../../platform/tables/row-codec.ts";
import type { OrganisationStore } from "../../organisations/store.ts";
import { holdsOrganisations } from "../core/campaign.ts";
import { isTerminal } from "../core/moves.ts";
import type { UpgradeStore } from "./store.ts";
import { CLAIMS_TABLE } from "../resources.ts";

/** In the place of a campaign: no campaign has such an id. */
export const DELETION = "deletion";
/** A row that cannot be read may be anybody's. */
const UNREADABLE = "unreadable";

export const claimCodec = rowCodec(
  z.object({
    campaignId: z.string(),
    /** Of a deletion: until then it counts, in milliseconds since the epoch; and the etag of the row that it removes. */
    until: z.int().optional(),
    removes: z.string().optional(),
  }),
  CLAIMS_TABLE,
);

interface Claim {
  readonly campaignId: string;
  readonly until?: number | undefined;
}

export interface StoredClaim {
  readonly claim: Claim & { readonly removes?: string | undefined };
  readonly etag: string;
}

/** Why the holder keeps an organisation, for people. */
export function heldBecause(holder: string): string {
  if (holder === DELETION) return "it is being removed from the registry";
  if (holder === UNREADABLE) return "the row of its claim cannot be read";
  return `it is in campaign ${holder}, which has not ended`;
}

/** All in one: they are written a hundred at a time, when a campaign is created, and read many at a time. */
const PARTITION = "claims";
export const claimKeyOf = (organisationId: string) => ({ partition: PARTITION, row: organisationId });

const storedClaim = (row: StoredRow): StoredClaim => ({ claim: decode(row), etag: row.etag });

function decode(row: StoredRow): StoredClaim["claim"] {
  try {
    return claimCodec.decode(row.cells, row);
  } catch (error) {
    if (error instanceof PermanentFailure) return { campaignId: UNREADABLE };
    throw error;
  }
}

export async function readClaim(tables: Tables, organisationId: string): Promise<StoredClaim | undefined> {
  const row = await tables.table(CLAIMS_TABLE).read(claimKeyOf(organisationId));
  return row === undefined ? undefined : storedClaim(row);
}

/** For whoever asks in about ascending order of ids; an answer may be two seconds old. One per look. */
export function claimsAhead(
  tables: Tables,
  clock: Clock,
): (organisationId: string) => Promise<StoredClaim | undefined> {
  const read = readAhead(tables.table(CLAIMS_TABLE), PARTITION, clock);
  return async (organisationId) => {
    const row = await read(organisationId);
    return row === undefined ? undefined : storedClaim(row);
  };
}

type ClaimDeps = Pick<UpgradeDeps, "tables" | "store">;

/** The campaign that holds the organisation now, if any (or DELETION). */
export async function holderOf(deps: ClaimDeps, organisationId: string, now: number): Promise<string | undefined> {
  const stored = await readClaim(deps.tables, organisationId);
  return stored === undefined ? undefined : holderBy(deps.store, stored.claim, organisationId, now);
}

/** Who holds the organisation by this claim, if it still counts. */
export async function holderBy(
  store: UpgradeStore,
  { campaignId, until }: Claim,
  organisationId: string,
  now: number,
): Promise<string | undefined> {
  if (campaignId === DELETION) return now < (until ?? 0) ? DELETION : undefined;
  if (campaignId === UNREADABLE) return UNREADABLE;
  const stored = await store.readCampaign(campaignId);
  if (stored === undefined || !holdsOrganisations(stored.campaign, now)) return undefined;
  if (stored.campaign.state === "creating") return campaignId;
  const upgrade = await store.readUpgrade(campaignId, organisationId);
  return upgrade === undefined || isTerminal(upgrade.upgrade.state) ? undefined : campaignId;
}

/** Those that another campaign than this holds (or a deletion), and which one that is. Writes nothing. */
export async function heldElsewhere(
  deps: ClaimDeps,
  campaignId: string,
  organisationIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  const isHeld = holding(deps.store, now);
  const present = await readAll(deps.tables.table(CLAIMS_TABLE));
  for (const organisationId of organisationIds) {
    const claim = present.get(organisationId)?.claim;
    if (claim !== undefined && claim.campaignId !== campaignId && (await isHeld(claim, organisationId)))
      held.set(organisationId, claim.campaignId);
  }
  return held;
}

interface TakeDeps extends ClaimDeps {
  readonly registry: Pick<OrganisationStore, "read" | "replace">;
}

/**
 * Claims for the campaign whom nobody else holds, and answers the others with their holders. What was claimed stays claimed
 * until the campaign's creation is given up. Repeating it is safe.
 */
export async function claimAll(
  deps: TakeDeps,
  campaignId: string,
  organisationIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const table = deps.tables.table(CLAIMS_TABLE);
  const isHeld = holding(deps.store, now);
  const cells = claimCodec.encode({ campaignId });
  for (let attempt = 0; attempt < 5; attempt++) {
    const present = await readAll(table);
    const taken = new Map<string, string>();
    const writes: Write[] = [];
    for (const organisationId of organisationIds) {
      const stored = present.get(organisationId);
      if (stored === undefined) writes.push({ kind: "insert", row: organisationId, cells });
      else if (stored.claim.campaignId !== campaignId) {
        if (await isHeld(stored.claim, organisationId)) {
          taken.set(organisationId, stored.claim.campaignId);
          continue;
        }
        if (isLeftBehind(stored.claim)) await rewrite(deps.registry, organisationId);
        writes.push({ kind: "replace", row: organisationId, cells, etag: stored.etag });
      }
    }
    if (await writeAll(table, writes)) return taken;
  }
  throw new TransientFailure("Other campaigns are being created for the same organisations; try again.");
}

/** A deletion that has not said that it has ended: it may be slow, and not dead. */
export const isLeftBehind = ({ campaignId, until = 0 }: Claim): boolean => campaignId === DELETION && until > 0;

/** The same row with a new etag: a deletion that comes late, with the etag from before its claim, then loses. */
export async function rewrite(registry: TakeDeps["registry"], organisationId: string): Promise<void> {
  const found = await registry.read(organisationId);
  // A lost race is a new etag as well.
  if (found !== undefined) await registry.replace(found.organisation, found.etag);
}

async function readAll(table: Table): Promise<ReadonlyMap<string, StoredClaim>> {
  const claims = new Map<string, StoredClaim>();
  for await (const row of allRows(table, { partition: PARTITION })) claims.set(row.row, storedClaim(row));
  return claims;
}

async function writeAll(table: Table, writes: readonly Write[]): Promise<boolean> {
  for (let start = 0; start < writes.length; start += 100) {
    const done = await table.transact(PARTITION, writes.slice(start, start + 100));
    if (done.kind === "conflict") return false;
  }
  return true;
}

/** Reads each holder once. */
function holding(store: UpgradeStore, now: number) {
  const holders = new Map<string, (organisationId: string) => boolean>();
  return async ({ campaignId: holder, until = 0 }: Claim, organisationId: string): Promise<boolean> => {
    if (holder === DELETION) return now < until;
    if (holder === UNREADABLE) return true;
    let held = holders.get(holder);
    if (held === undefined) holders.set(holder, (held = await heldBy(store, holder, now)));
    return held(organisationId);
  };
}

/** Tells which organisations a campaign holds now; one read of the campaign, and of its upgrades while it has any open. */
async function heldBy(
  store: UpgradeStore,
  campaignId: string,
  now: number,
): Promise<(organisationId: string) => boolean> {
  const stored = await readHolder(store, campaignId);
  if (stored === "unreadable") return () => true;
  if (stored === undefined || !holdsOrganisations(stored.campaign, now)) return () => false;
  // Claims are written while a campaign is being created, before its upgrades: then every claim of it counts.
  if (stored.campaign.state === "creating") return () => true;
  const open = new Set<string>();
  // One that cannot be read may be under way.
  for await (const { upgrade } of store.allUpgrades(campaignId, (organisationId) => open.add(organisationId))) {
    if (!isTerminal(upgrade.state)) open.add(upgrade.organisationId);
  }
  return (organisationId) => open.has(organisationId);
}

/** A campaign whose row cannot be read may hold whom it claimed, and nobody else. */
async function readHolder(store: UpgradeStore, campaignId: string) {
  try {
    return await store.readCampaign(campaignId);
  } catch (error) {
    if (error instanceof PermanentFailure) return "unreadable";
    throw error;
  }
}
