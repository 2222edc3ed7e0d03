// Makes a campaign: all its upgrades and claims, or a refusal. A crash in between leaves a campaign in `creating` that
// holds nothing after ten minutes; the same request with the same Idempotency-Key goes on where it stopped.

import { TransientFailure } from "../kernel/failures.ts";
import { actorId, type Actor } from "../kernel/actor.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Organisation } from "../organisations/organisation.ts";
import type { Clock } from "../platform/clock.ts";
import { deterministicId } from "../platform/deterministic-id.ts";
import type { Tables } from "../platform/tables.ts";
import { claimAll, type TakenElsewhere } from "./claims.ts";
import { CREATION_LIMIT_MS, moveCampaign, type Campaign } from "./core/campaign.ts";
import { scheduledUpgrade } from "./core/upgrade.ts";
import type { StoredCampaign, UpgradeStore } from "./store.ts";

export interface NewCampaign {
  readonly campaignId: string;
  readonly version: string;
  /** Ascending by id, each once. */
  readonly organisations: readonly Organisation[];
  readonly maxInFlight: number;
  readonly failureBudget: number;
}

export type CreationRefusal =
  | ({ readonly kind: "organisationTaken" } & TakenElsewhere)
  | { readonly kind: "noOrganisations" }
  /** The same Idempotency-Key came before with another request, or the registry has changed since. */
  | { readonly kind: "differentRequest" };

interface CreateDeps {
  readonly store: UpgradeStore;
  readonly tables: Tables;
  readonly clock: Clock;
}

/** Throws TransientFailure when storage cannot be reached or the creation was overtaken; repeating it is safe. */
export async function createCampaign(
  deps: CreateDeps,
  request: NewCampaign,
  actor: Actor,
): Promise<Result<StoredCampaign, CreationRefusal>> {
  if (request.organisations.length === 0) return err({ kind: "noOrganisations" });
  const ids = request.organisations.map((organisation) => organisation.organisationId);
  const fingerprint = deterministicId(
    JSON.stringify([request.version, request.maxInFlight, request.failureBudget, ids]),
  );
  const stored = await beginOrResume(deps, request, fingerprint, actor);
  if (stored.campaign.fingerprint !== fingerprint) return err({ kind: "differentRequest" });
  if (stored.campaign.state !== "creating") return ok(stored);
  const claimed = await claimAll(deps, request.campaignId, ids, deps.clock.now());
  if (!claimed.ok) return err({ kind: "organisationTaken", ...claimed.error });
  await writeUpgrades(deps, request);
  await deps.store.enterInIndex(stored.campaign);
  return ok(await finish(deps, stored));
}

async function beginOrResume(
  deps: CreateDeps,
  request: NewCampaign,
  fingerprint: string,
  actor: Actor,
): Promise<StoredCampaign> {
  const now = deps.clock.now();
  const campaign: Campaign = {
    campaignId: request.campaignId,
    kind: "hotfix",
    version: request.version,
    state: "creating",
    organisationCount: request.organisations.length,
    maxInFlight: request.maxInFlight,
    failureBudget: request.failureBudget,
    createdBy: actorId(actor),
    createdAt: now,
    approvals: [],
    fingerprint,
  };
  const written = await deps.store.insertCampaign(campaign);
  if (written.kind === "written") return { campaign, etag: written.etag };
  const present = await deps.store.readCampaign(request.campaignId);
  if (present === undefined) throw new TransientFailure("The campaign vanished while it was being created; try again.");
  const isStale = present.campaign.state === "creating" && now > present.campaign.createdAt + CREATION_LIMIT_MS / 2;
  if (!isStale || present.campaign.fingerprint !== fingerprint) return present;
  // Its claims are about to expire, or have: take them anew from now on.
  const renewed = { ...present.campaign, createdAt: now };
  const replaced = await deps.store.replaceCampaign(renewed, present.etag);
  if (replaced.kind === "conflict")
    throw new TransientFailure("Another request is creating the same campaign; try again.");
  return { campaign: renewed, etag: replaced.etag };
}

async function writeUpgrades(deps: CreateDeps, request: NewCampaign): Promise<void> {
  const now = deps.clock.now();
  const fresh = request.organisations.map((organisation) =>
    scheduledUpgrade(
      {
        campaignId: request.campaignId,
        organisationId: organisation.organisationId,
        stamp: organisation.stamp,
        ring: organisation.ring,
        targetVersion: request.version,
      },
      now,
    ),
  );
  for (let start = 0; start < fresh.length; start += 100) {
    // A conflict means that the attempt which this one resumes has written the chunk: the fingerprint covers the list
    // of organisations and its order, so the chunks are the same.
    await deps.store.insertUpgrades(request.campaignId, fresh.slice(start, start + 100));
  }
}

async function finish(deps: CreateDeps, stored: StoredCampaign): Promise<StoredCampaign> {
  const ready = moveCampaign(stored.campaign, "draft");
  if (!ready.ok || deps.clock.now() >= stored.campaign.createdAt + CREATION_LIMIT_MS) {
    throw new TransientFailure("Creating the campaign took too long; send the request again.");
  }
  const written = await deps.store.replaceCampaign(ready.value, stored.etag);
  if (written.kind === "written") return { campaign: ready.value, etag: written.etag };
  const present = await deps.store.readCampaign(stored.campaign.campaignId);
  if (present === undefined || present.campaign.state === "creating") {
    throw new TransientFailure("Another request is creating the same campaign; try again.");
  }
  return present;
}
