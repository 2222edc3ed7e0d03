// Makes a campaign: all its upgrades and claims, or a refusal. A crash in between leaves a campaign in `creating` that
// holds nothing after ten minutes; the same request with the same Idempotency-Key goes on where it stopped.

import type { UpgradeDeps } from "../deps.ts";
import { defined } from "../../kernel/defined.ts";
import { TransientFailure } from "../../kernel/failures.ts";
import { actorId, type Actor } from "../../kernel/actor.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { deterministicId } from "../../platform/ids.ts";
import type { OrganisationStore } from "../../organisations/store.ts";
import { takenBy, type LeftOut } from "./candidates.ts";
import { claimAll, heldElsewhere } from "../store/claims.ts";
import { CREATION_LIMIT_MS, moveCampaign, type Campaign } from "../core/campaign.ts";
import { tallyOf } from "../core/tally.ts";
import { scheduledUpgrade, type Upgrade } from "../core/upgrade.ts";
import {
  planCampaign,
  type CampaignRequest,
  type Plan,
  type PlanCampaignDeps,
  type PlanRefusal,
} from "./plan-campaign.ts";
import type { StoredCampaign } from "../store/rows.ts";

export interface NewCampaign extends CampaignRequest {
  readonly campaignId: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string | undefined;
}

export type CreationRefusal =
  | PlanRefusal
  /** The same Idempotency-Key came before with another request, or the fleet has changed since. */
  | { readonly kind: "differentRequest" };

export interface CreateCampaignDeps
  extends Omit<PlanCampaignDeps, "heldElsewhere">, Pick<UpgradeDeps, "store" | "tables"> {
  /** The registry as it is now. */
  readonly registry: Pick<OrganisationStore, "read" | "replace" | "all">;
}

export interface CreatedCampaign extends StoredCampaign {
  /** Absent when an earlier request has created it. */
  readonly leftOut?: readonly LeftOut[];
}

/** What `createCampaign` would make. Writes nothing. Throws TransientFailure when storage cannot be reached. */
export const tryCampaign = (
  deps: CreateCampaignDeps,
  request: NewCampaign,
  author: string,
): Promise<Result<Plan, PlanRefusal>> =>
  planCampaign(
    { ...deps, heldElsewhere: (ids) => heldElsewhere(deps, request.campaignId, ids, deps.clock.now()) },
    request,
    author,
  );

/** Throws TransientFailure when storage cannot be reached or the creation was overtaken; repeating it is safe. */
export async function createCampaign(
  deps: CreateCampaignDeps,
  request: NewCampaign,
  actor: Actor,
): Promise<Result<CreatedCampaign, CreationRefusal>> {
  const author = actorId(actor);
  const fingerprint = fingerprintOf(request);
  const present = await deps.store.readCampaign(request.campaignId);
  if (present !== undefined && present.campaign.fingerprint !== fingerprint) return err({ kind: "differentRequest" });
  if (present !== undefined && present.campaign.state !== "creating") return ok(present);
  const plan = await tryCampaign(deps, request, author);
  if (!plan.ok) return plan;
  const stored = await beginOrResume(deps, campaignOf(request, plan.value, author, fingerprint, deps.clock.now()));
  // Another request with the same key was faster.
  if (stored.campaign.fingerprint !== fingerprint) return err({ kind: "differentRequest" });
  if (stored.campaign.state !== "creating") return ok(stored);
  const upgrades = upgradesOf(request, plan.value, deps.clock.now());
  const kept = await claimRegistered(deps, request, upgrades);
  if (!kept.ok) return giveUp(deps, stored, kept.error);
  const leftOut = [...plan.value.leftOut, ...kept.value.leftOut];
  if (kept.value.upgrades.length === 0) return giveUp(deps, stored, { kind: "noOrganisations", leftOut });
  const taken = kept.value.upgrades;
  for (let start = 0; start < taken.length; start += 100) {
    await deps.store.insertUpgrades(request.campaignId, taken.slice(start, start + 100));
  }
  await deps.store.enterInIndex(stored.campaign);
  const finished = await finish(deps, stored, new Set(taken.map(({ organisationId }) => organisationId)), leftOut);
  return finished.ok ? ok({ ...finished.value, leftOut }) : finished;
}

/** A refusal that came after the claims: they are void at once, as those of a creation that was left behind. */
async function giveUp(
  deps: CreateCampaignDeps,
  { campaign, etag }: StoredCampaign,
  refusal: CreationRefusal,
): Promise<Result<never, CreationRefusal>> {
  await deps.store.replaceCampaign({ ...campaign, createdAt: campaign.createdAt - CREATION_LIMIT_MS }, etag);
  return err(refusal);
}

interface Kept {
  readonly upgrades: readonly Upgrade[];
  readonly leftOut: readonly LeftOut[];
}

/** Claims them, and then looks again who is (still) registered: from now on nobody can remove one of them. */
async function claimRegistered(
  deps: CreateCampaignDeps,
  { campaignId, isWholeFleet }: NewCampaign,
  upgrades: readonly Upgrade[],
): Promise<Result<Kept, CreationRefusal>> {
  const ids = upgrades.map(({ organisationId }) => organisationId);
  const held = await claimAll(deps, campaignId, ids, deps.clock.now());
  const taken = takenBy(held);
  if (taken.length > 0 && !isWholeFleet) return err({ kind: "organisationTaken", taken });
  const stamps = new Map<string, string>();
  for await (const { organisationId, stamp } of deps.registry.all()) stamps.set(organisationId, stamp);
  const changed = upgrades.flatMap(({ organisationId, stamp }) => {
    if (held.has(organisationId) || stamps.get(organisationId) === stamp) return [];
    const isGone = !stamps.has(organisationId);
    return [
      { organisationId, reason: isGone ? "it is not in the registry any more" : "it has moved to another stamp" },
    ];
  });
  if (changed.length > 0 && !isWholeFleet) return err({ kind: "notPossible", refused: changed });
  const leftOut = [...taken, ...changed];
  const isOut = new Set(leftOut.map(({ organisationId }) => organisationId));
  return ok({ upgrades: upgrades.filter(({ organisationId }) => !isOut.has(organisationId)), leftOut });
}

/** Of the whole fleet without its members: that one comes or goes makes it no other request. */
function fingerprintOf(asked: NewCampaign): string {
  const { campaignId: _, traceparent: __, unreadable: ___, organisations, ...request } = asked;
  const ids = request.isWholeFleet ? [] : organisations.map(({ organisationId }) => organisationId);
  return deterministicId(JSON.stringify([Object.entries(request).toSorted(([a], [b]) => (a < b ? -1 : 1)), ids]));
}

function campaignOf(
  request: NewCampaign,
  { rings, upgrades, failureBudget, stampFailureBudget }: Plan,
  createdBy: string,
  fingerprint: string,
  now: number,
): Campaign {
  const { campaignId, kind, version, maxInFlight, approvers, reason } = request;
  return {
    campaignId,
    kind,
    version,
    state: "creating",
    sequence: 0,
    notifiedSequence: 0,
    organisationCount: upgrades.length,
    maxInFlight,
    failureBudget,
    stampFailureBudget,
    rings,
    openRings: 1,
    tallies: [],
    createdBy,
    createdAt: now,
    approvers,
    approvals: [],
    fingerprint,
    ...defined({ reason }),
    ...traceOf(request),
  };
}

const upgradesOf = (request: NewCampaign, plan: Plan, now: number): readonly Upgrade[] =>
  plan.upgrades.map(({ organisation, ring, appointment, turn }) =>
    scheduledUpgrade(
      {
        campaignId: request.campaignId,
        organisationId: organisation.organisationId,
        stamp: organisation.stamp,
        ring,
        targetVersion: request.version,
        ...defined({ appointment, turn }),
        ...traceOf(request),
      },
      now,
    ),
  );

const traceOf = ({ traceparent }: NewCampaign) => (traceparent === undefined ? {} : { traceparent });

async function beginOrResume(deps: CreateCampaignDeps, campaign: Campaign): Promise<StoredCampaign> {
  const written = await deps.store.insertCampaign(campaign);
  if (written.kind === "written") return { campaign, etag: written.etag };
  const present = await deps.store.readCampaign(campaign.campaignId);
  if (present === undefined) throw new TransientFailure("The campaign vanished while it was being created; try again.");
  const { createdAt, state } = present.campaign;
  const isStale = state === "creating" && campaign.createdAt > createdAt + CREATION_LIMIT_MS / 2;
  if (!isStale) return present;
  // Its claims are about to expire, or have: take them anew from now on.
  const renewed = { ...present.campaign, createdAt: campaign.createdAt };
  const replaced = await deps.store.replaceCampaign(renewed, present.etag);
  if (replaced.kind === "conflict")
    throw new TransientFailure("Another request is creating the same campaign; try again.");
  return { campaign: renewed, etag: replaced.etag };
}

const isPassing = (leftOut: readonly LeftOut[], organisationId: string): boolean =>
  leftOut.some((one) => one.organisationId === organisationId && one.isPassing === true);

/** Counts what is stored, not what was planned: an attempt that this one resumes may have written other dates. */
async function finish(
  deps: CreateCampaignDeps,
  stored: StoredCampaign,
  claimed: ReadonlySet<string>,
  leftOut: readonly LeftOut[],
): Promise<Result<StoredCampaign, CreationRefusal>> {
  const upgrades: Upgrade[] = [];
  for await (const { upgrade } of deps.store.allUpgrades(stored.campaign.campaignId)) upgrades.push(upgrade);
  // An earlier attempt planned somebody who cannot be in it any more; another campaign may have them by now.
  const missing = upgrades.filter(({ organisationId }) => !claimed.has(organisationId));
  if (missing.some(({ organisationId }) => isPassing(leftOut, organisationId)))
    throw new TransientFailure("An organisation that is in the campaign already cannot be asked now; try again.");
  if (missing.length > 0) return err({ kind: "differentRequest" });
  const starts = upgrades.flatMap(({ appointment }) => (appointment === undefined ? [] : [appointment.start]));
  const now = deps.clock.now();
  const ready = moveCampaign(
    {
      ...stored.campaign,
      organisationCount: upgrades.length,
      tallies: tallyOf(upgrades),
      ...(starts.length === 0 ? {} : { firstStart: starts.reduce((a, b) => Math.min(a, b)) }),
    },
    "draft",
    now,
  );
  if (!ready.ok || now >= stored.campaign.createdAt + CREATION_LIMIT_MS) {
    throw new TransientFailure("Creating the campaign took too long; send the request again.");
  }
  // A draft is nothing that others are told of.
  const draft = { ...ready.value, sequence: 0 };
  const written = await deps.store.replaceCampaign(draft, stored.etag);
  if (written.kind === "written") return ok({ campaign: draft, etag: written.etag });
  const present = await deps.store.readCampaign(stored.campaign.campaignId);
  if (present === undefined || present.campaign.state === "creating") {
    throw new TransientFailure("Another request is creating the same campaign; try again.");
  }
  return ok(present);
}
