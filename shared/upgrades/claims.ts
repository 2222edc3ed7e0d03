// Which campaign an organisation is in. A claim is never released: it counts only while its campaign holds the
// organisation (its upgrade there has not ended), so nothing can be left behind by a crash.

import { TransientFailure } from "../kernel/failures.ts";
import { bucketOf } from "../kernel/bucket.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { z } from "zod";
import { allRows } from "../platform/all-rows.ts";
import { rowCodec } from "../platform/row-codec.ts";
import type { Table, Tables, Write } from "../platform/tables.ts";
import { holdsOrganisations } from "./core/campaign.ts";
import { isTerminal } from "./core/moves.ts";
import type { UpgradeStore } from "./store.ts";

export interface TakenElsewhere {
  readonly organisationId: string;
  readonly campaignId: string;
}

const codec = rowCodec(z.object({ campaignId: z.string() }));

const BUCKETS = 4;
const bucketKey = (bucket: number): string => `b${String(bucket).padStart(2, "0")}`;
const bucketKeyOf = (organisationId: string): string => bucketKey(bucketOf(organisationId, BUCKETS));

/** The campaign that holds the organisation now, if any. */
export async function holderOf(
  deps: { readonly tables: Tables; readonly store: UpgradeStore },
  organisationId: string,
  now: number,
): Promise<string | undefined> {
  const row = await deps.tables
    .table("UpgradeClaims")
    .read({ partition: bucketKeyOf(organisationId), row: organisationId });
  if (row === undefined) return undefined;
  const { campaignId } = codec.decode(row.cells);
  const stored = await deps.store.readCampaign(campaignId);
  if (stored === undefined || !holdsOrganisations(stored.campaign, now)) return undefined;
  if (stored.campaign.state === "creating") return campaignId;
  const upgrade = await deps.store.readUpgrade(campaignId, organisationId);
  return upgrade === undefined || isTerminal(upgrade.upgrade.state) ? undefined : campaignId;
}

interface ClaimDeps {
  readonly tables: Tables;
  readonly store: UpgradeStore;
}

/** Those that another campaign than this holds, and which one that is. Writes nothing. */
export async function heldElsewhere(
  deps: ClaimDeps,
  campaignId: string,
  organisationIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  const isHeld = holding(deps.store, now);
  for (const [bucket, members] of Map.groupBy(organisationIds, bucketKeyOf)) {
    const present = await readBucket(deps.tables.table("UpgradeClaims"), bucket);
    for (const organisationId of members) {
      const holder = present.get(organisationId)?.campaignId;
      if (holder !== undefined && holder !== campaignId && (await isHeld(holder, organisationId)))
        held.set(organisationId, holder);
    }
  }
  return held;
}

/**
 * Claims all organisations for the campaign, or names the first that another campaign holds; what was claimed before that
 * one stays claimed until the campaign's creation is given up. Repeating it is safe.
 */
export async function claimAll(
  deps: ClaimDeps,
  campaignId: string,
  organisationIds: readonly string[],
  now: number,
): Promise<Result<"claimed", TakenElsewhere>> {
  const table = deps.tables.table("UpgradeClaims");
  const isHeld = holding(deps.store, now);
  for (const [bucket, members] of Map.groupBy(organisationIds, bucketKeyOf)) {
    const claimed = await claimBucket(table, bucket, members, campaignId, isHeld);
    if (!claimed.ok) return claimed;
  }
  return ok("claimed");
}

async function claimBucket(
  table: Table,
  bucket: string,
  members: readonly string[],
  campaignId: string,
  isHeld: (holder: string, organisationId: string) => Promise<boolean>,
): Promise<Result<"claimed", TakenElsewhere>> {
  const cells = codec.encode({ campaignId });
  for (let attempt = 0; attempt < 5; attempt++) {
    const present = await readBucket(table, bucket);
    const writes: Write[] = [];
    for (const organisationId of members) {
      const claim = present.get(organisationId);
      if (claim === undefined) writes.push({ kind: "insert", row: organisationId, cells });
      else if (claim.campaignId !== campaignId) {
        if (await isHeld(claim.campaignId, organisationId))
          return err({ organisationId, campaignId: claim.campaignId });
        writes.push({ kind: "replace", row: organisationId, cells, etag: claim.etag });
      }
    }
    if (await writeAll(table, bucket, writes)) return ok("claimed");
  }
  throw new TransientFailure("Other campaigns are being created for the same organisations; try again.");
}

async function readBucket(table: Table, bucket: string) {
  const claims = new Map<string, { readonly campaignId: string; readonly etag: string }>();
  for await (const row of allRows(table, { partition: bucket })) {
    claims.set(row.row, { campaignId: codec.decode(row.cells).campaignId, etag: row.etag });
  }
  return claims;
}

async function writeAll(table: Table, bucket: string, writes: readonly Write[]): Promise<boolean> {
  for (let start = 0; start < writes.length; start += 100) {
    const done = await table.transact(bucket, writes.slice(start, start + 100));
    if (done.kind === "conflict") return false;
  }
  return true;
}

/** Reads each holder once. */
function holding(store: UpgradeStore, now: number) {
  const holders = new Map<string, (organisationId: string) => boolean>();
  return async (holder: string, organisationId: string): Promise<boolean> => {
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
  const stored = await store.readCampaign(campaignId);
  if (stored === undefined || !holdsOrganisations(stored.campaign, now)) {
    return () => false;
  }
  // Claims are written while a campaign is being created, before its upgrades: then every claim of it counts.
  if (stored.campaign.state === "creating") return () => true;
  const open = new Set<string>();
  for await (const { upgrade } of store.allUpgrades(campaignId)) {
    if (!isTerminal(upgrade.state)) open.add(upgrade.organisationId);
  }
  return (organisationId) => open.has(organisationId);
}
