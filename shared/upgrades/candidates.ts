// Who of those that a campaign asks for can be upgraded, and why the others cannot.

import { err, ok, type Result } from "../kernel/result.ts";
import { compareVersions } from "../kernel/version.ts";
import type { Organisation } from "../organisations/organisation.ts";
import type { TakenElsewhere } from "./claims.ts";

export interface CandidateDeps {
  /** Those that another campaign holds, and which one that is. */
  readonly heldElsewhere: (organisationIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /**
   * The version that an organisation has now; undefined for one that DocuWare Cloud does not run. Throws TransientFailure
   * when that cannot be known.
   */
  readonly versionOf: (organisationId: string) => Promise<string | undefined>;
}

export interface CandidateRequest {
  readonly version: string;
  readonly organisations: readonly Organisation[];
  /** All that are registered: those for which it makes no sense are left out, instead of refusing the campaign. */
  readonly isWholeFleet: boolean;
}

export interface LeftOut {
  readonly organisationId: string;
  readonly reason: string;
}

export type CandidateRefusal =
  | ({ readonly kind: "organisationTaken" } & TakenElsewhere)
  | { readonly kind: "notPossible"; readonly refused: readonly LeftOut[] };

export interface Candidates {
  readonly organisations: readonly Organisation[];
  readonly leftOut: readonly LeftOut[];
}

/** Throws TransientFailure when a version cannot be known. */
export async function candidatesFor(
  deps: CandidateDeps,
  request: CandidateRequest,
): Promise<Result<Candidates, CandidateRefusal>> {
  const free = await withoutHeld(deps, request);
  if (!free.ok) return free;
  const current = await withoutCurrent(deps, request.version, free.value.organisations);
  if (!request.isWholeFleet && current.leftOut.length > 0)
    return err({ kind: "notPossible", refused: current.leftOut });
  return ok({ ...current, leftOut: [...free.value.leftOut, ...current.leftOut] });
}

/** Without those that are in another campaign; one that was asked for by name is a refusal. */
async function withoutHeld(
  deps: CandidateDeps,
  { organisations, isWholeFleet }: CandidateRequest,
): Promise<Result<Candidates, CandidateRefusal>> {
  const held = await deps.heldElsewhere(organisations.map(({ organisationId }) => organisationId));
  const [first] = held;
  if (first !== undefined && !isWholeFleet)
    return err({ kind: "organisationTaken", organisationId: first[0], campaignId: first[1] });
  return ok({
    organisations: organisations.filter(({ organisationId }) => !held.has(organisationId)),
    leftOut: [...held].map(([organisationId, campaignId]) => ({
      organisationId,
      reason: `it is in campaign ${campaignId}, which has not ended`,
    })),
  });
}

const AT_ONCE = 32;

/** Without those that have this version or a newer one, or that nobody runs. */
async function withoutCurrent(
  deps: CandidateDeps,
  version: string,
  organisations: readonly Organisation[],
): Promise<Candidates> {
  const kept: Organisation[] = [];
  const leftOut: LeftOut[] = [];
  for (let start = 0; start < organisations.length; start += AT_ONCE) {
    const slice = organisations.slice(start, start + AT_ONCE);
    const versions = await Promise.all(slice.map(({ organisationId }) => deps.versionOf(organisationId)));
    for (const [position, organisation] of slice.entries()) {
      const present = versions[position];
      const { organisationId } = organisation;
      if (present === undefined) {
        leftOut.push({ organisationId, reason: "the control plane does not know it" });
        continue;
      }
      const difference = compareVersions(present, version);
      if (difference < 0) kept.push(organisation);
      else {
        const reason =
          difference === 0 ? `it has ${version} already` : `it has ${present}, which is newer than ${version}`;
        leftOut.push({ organisationId, reason });
      }
    }
  }
  return { organisations: kept, leftOut };
}
