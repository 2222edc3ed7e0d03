// Who of those that a campaign asks for can be upgraded, and why the others cannot. One that cannot be asked holds up
// nobody else: it is named, with the reason.

import { describeFailure, PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { cut } from "../../kernel/text.ts";
import { compareVersions } from "../../kernel/version.ts";
import type { Organisation } from "../../organisations/organisation.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import { heldBecause } from "../store/claims.ts";

export interface CandidateDeps {
  readonly clock: Clock;
  /** Those that another campaign holds (or a deletion), and which one that is. */
  readonly heldElsewhere: (organisationIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** The version that an organisation has now; undefined for one that DocuWare Cloud does not run. */
  readonly versionOf: (organisationId: string) => Promise<string | undefined>;
}

export interface CandidateRequest {
  readonly version: string;
  readonly organisations: readonly Organisation[];
  /** All that are registered: those for which it makes no sense are left out, instead of refusing the campaign. */
  readonly isWholeFleet: boolean;
  /** Of the whole fleet: those whose row in the registry cannot be read. */
  readonly unreadable?: readonly string[] | undefined;
}

export interface LeftOut {
  readonly organisationId: string;
  readonly reason: string;
  /** It may be another time: the same request can be sent again. */
  readonly isPassing?: boolean;
}

export type CandidateRefusal =
  | { readonly kind: "organisationTaken"; readonly taken: readonly LeftOut[] }
  | { readonly kind: "notPossible"; readonly refused: readonly LeftOut[] };

export interface Candidates {
  readonly organisations: readonly Organisation[];
  readonly leftOut: readonly LeftOut[];
}

export const UNREADABLE_ROW = "its row in the registry cannot be read";

/** Throws TransientFailure when storage cannot be reached. */
export async function candidatesFor(
  deps: CandidateDeps,
  request: CandidateRequest,
): Promise<Result<Candidates, CandidateRefusal>> {
  const free = await withoutHeld(deps, request);
  if (!free.ok) return free;
  const current = await withoutCurrent(deps, request.version, free.value.organisations);
  if (!request.isWholeFleet && current.leftOut.length > 0)
    return err({ kind: "notPossible", refused: current.leftOut });
  const unreadable = (request.unreadable ?? []).map((organisationId) => ({ organisationId, reason: UNREADABLE_ROW }));
  return ok({ ...current, leftOut: [...unreadable, ...free.value.leftOut, ...current.leftOut] });
}

/** Those that another campaign (or a deletion) holds, for people. */
export const takenBy = (held: ReadonlyMap<string, string>): readonly LeftOut[] =>
  [...held].map(([organisationId, holder]) => ({ organisationId, reason: heldBecause(holder) }));

/** Without those that are in another campaign; those that were asked for by name are a refusal. */
async function withoutHeld(
  deps: CandidateDeps,
  { organisations, isWholeFleet }: CandidateRequest,
): Promise<Result<Candidates, CandidateRefusal>> {
  const held = await deps.heldElsewhere(organisations.map(({ organisationId }) => organisationId));
  const leftOut = takenBy(held);
  if (leftOut.length > 0 && !isWholeFleet) return err({ kind: "organisationTaken", taken: leftOut });
  return ok({ organisations: organisations.filter(({ organisationId }) => !held.has(organisationId)), leftOut });
}

const AT_ONCE = 32;
/** No further one is asked then: the Functions front end gives up on a request after 230 seconds. */
const ASKING_LIMIT_MS = 90_000;
const MOST_REASON = 200;

/** Without those that have this version or a newer one, that nobody runs, or whose version cannot be known now. */
async function withoutCurrent(
  deps: CandidateDeps,
  version: string,
  organisations: readonly Organisation[],
): Promise<Candidates> {
  const endAt = deps.clock.now() + ASKING_LIMIT_MS;
  const asked = await mapConcurrently(organisations, AT_ONCE, async (organisation) => ({
    organisation,
    leftOut: await whyNot(deps, organisation.organisationId, version, endAt),
  }));
  return {
    organisations: asked.filter(({ leftOut }) => leftOut === undefined).map(({ organisation }) => organisation),
    leftOut: asked.flatMap(({ leftOut }) => leftOut ?? []),
  };
}

async function whyNot(
  deps: CandidateDeps,
  organisationId: string,
  version: string,
  endAt: number,
): Promise<LeftOut | undefined> {
  const seconds = ASKING_LIMIT_MS / 1000;
  if (deps.clock.now() >= endAt)
    return {
      organisationId,
      reason: `its version was not asked for: the others took ${seconds} seconds`,
      isPassing: true,
    };
  let present: string | undefined;
  try {
    present = await deps.versionOf(organisationId);
  } catch (error) {
    if (!(error instanceof TransientFailure || error instanceof PermanentFailure)) throw error;
    const reason = cut(`its version cannot be known: ${describeFailure(error)}`, MOST_REASON);
    return { organisationId, reason, isPassing: error instanceof TransientFailure };
  }
  if (present === undefined) return { organisationId, reason: "the control plane does not know it" };
  const difference = compareVersions(present, version);
  if (difference < 0) return undefined;
  if (difference === 0) return { organisationId, reason: `it has ${version} already` };
  if (difference > 0) return { organisationId, reason: `it has ${present}, which is newer than ${version}` };
  return { organisationId, reason: `it reports the version ${JSON.stringify(present)}, which cannot be compared` };
}
