// What a campaign would be: who, when, in which ring, which notices by when, and what is refused and why. Writes nothing;
// `create-campaign.ts` makes it real.

import type { UpgradeDeps } from "../deps.ts";
import { DAY_MS } from "../../kernel/time/durations.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { latestNotice } from "../../kernel/time/notice.ts";
import type { Announceable } from "../../notices/core/pacing.ts";
import { windowOf, type Organisation } from "../../organisations/organisation.ts";
import {
  candidatesFor,
  type CandidateDeps,
  type CandidateRefusal,
  type CandidateRequest,
  type LeftOut,
} from "./candidates.ts";
import type { Appointment } from "../core/appointment.ts";
import { APPROVALS_NEEDED, standardFailureBudget, type Campaign, type CampaignKind } from "../core/campaign.ts";
import { planDates } from "../core/plan.ts";
import { isInForce } from "../core/quarantine.ts";
import { assignRings, type Ring, type RingProblem, type RingShare } from "../core/rings.ts";
import { tallyOf } from "../core/tally.ts";
import { paceOf } from "../core/pace.ts";
import { turnOf, type Turn } from "../core/turn.ts";
import type { QuarantineStore } from "../quarantines/quarantine-store.ts";

export interface RingRequest extends RingShare {
  readonly soakMs: number;
  readonly failureBudget?: number | undefined;
}

/** Its organisations: ascending by id, each once. */
export interface CampaignRequest extends CandidateRequest {
  readonly kind: CampaignKind;
  /** Text forms of actors. */
  readonly approvers: readonly string[];
  /** Absent: the rings of the registry. */
  readonly rings?: readonly RingRequest[] | undefined;
  readonly standardSoakMs: number;
  readonly maxInFlight: number;
  /** Absent: that of as many as the campaign then has; the stamps' is the campaign's. */
  readonly failureBudget?: number | undefined;
  readonly stampFailureBudget?: number | undefined;
  readonly notBefore?: number | undefined;
  readonly notAfter?: number | undefined;
  /** Of a hotfix: why it cannot wait, as customers are told. */
  readonly reason?: Campaign["reason"];
}

export interface Planned {
  readonly organisation: Organisation;
  readonly ring: string;
  readonly appointment?: Appointment | undefined;
  /** Of a hotfix: the place in the order of its ring, and when its turn would come if it were approved now. */
  readonly turn?: number;
  readonly expected?: Turn;
}

export interface Plan extends Pick<Campaign, "rings" | "failureBudget" | "stampFailureBudget"> {
  readonly upgrades: readonly Planned[];
  readonly leftOut: readonly LeftOut[];
  /**
   * When the notices will all have been accepted. Kind upgrade: approving later than `approveBy` is refused. Hotfix: so many
   * are `late`, their organisations go offline before their customers can have been told.
   */
  readonly announcing?:
    | { readonly lastSentAt: number; readonly approveBy?: number; readonly late?: number }
    | undefined;
}

export type PlanRefusal =
  | { readonly kind: "tooFewApprovers"; readonly needed: number }
  | { readonly kind: "authorApproves" }
  | { readonly kind: "noOrganisations"; readonly leftOut: readonly LeftOut[] }
  | { readonly kind: "quarantined"; readonly reason: string }
  | CandidateRefusal
  | { readonly kind: "rings"; readonly problem: RingProblem }
  | { readonly kind: "tooManyGroups"; readonly found: number; readonly most: number }
  /** The dates asked for cannot be announced in time any more. */
  | {
      readonly kind: "tooLateToAnnounce";
      readonly beginBy: number;
      readonly postponeMs: number;
      readonly late: number;
    };

export interface PlanCampaignDeps extends CandidateDeps, Pick<UpgradeDeps, "clock" | "freezes" | "need"> {
  readonly quarantines: Pick<QuarantineStore, "read">;
  readonly planAnnouncement: (deadlines: readonly number[], kind?: "hotfix") => Promise<Announceable>;
  /** How long a hotfix waits for the mail of an organisation whose turn has come, in milliseconds. */
  readonly noticeWaitMs: number;
}

/** Time for the approvers; by then the first notice is sent. */
const APPROVAL_MS = 2 * DAY_MS;
/** Tallies of the campaign's row, one per ring and stamp: with the longest names a cell holds so many. */
const MOST_GROUPS = 140;
/** Further ahead nothing is planned. */
const FARTHEST_MS = 3 * 366 * DAY_MS;

export async function planCampaign(
  deps: PlanCampaignDeps,
  request: CampaignRequest,
  author: string,
): Promise<Result<Plan, PlanRefusal>> {
  const needed = APPROVALS_NEEDED[request.kind];
  if (request.approvers.includes(author)) return err({ kind: "authorApproves" });
  if (new Set(request.approvers).size < needed) return err({ kind: "tooFewApprovers", needed });
  const quarantine = await deps.quarantines.read(request.version);
  if (quarantine !== undefined && isInForce(quarantine.quarantine)) {
    return err({ kind: "quarantined", reason: quarantine.quarantine.reason });
  }
  const candidates = await candidatesFor(deps, request);
  if (!candidates.ok) return candidates;
  const assigned = assign(request, candidates.value.organisations);
  if (!assigned.ok) return assigned;
  const dated = await withDates(deps, request, candidates.value.organisations, assigned.value);
  if (!dated.ok) return dated;
  const leftOut = [...candidates.value.leftOut, ...dated.value.leftOut];
  if (dated.value.upgrades.length === 0) return err({ kind: "noOrganisations", leftOut });
  const groups = new Set(
    dated.value.upgrades.map(({ ring, organisation }) => JSON.stringify([ring, organisation.stamp])),
  );
  if (groups.size > MOST_GROUPS) return err({ kind: "tooManyGroups", found: groups.size, most: MOST_GROUPS });
  const failureBudget = request.failureBudget ?? standardFailureBudget(dated.value.upgrades.length);
  const plan: Plan = {
    ...dated.value,
    rings: dated.value.rings.map((ring) => ({ ...ring, failureBudget: ring.failureBudget ?? failureBudget })),
    failureBudget,
    stampFailureBudget: request.stampFailureBudget ?? failureBudget,
    leftOut,
  };
  return ok(request.kind === "hotfix" ? await withTurns(deps, request, plan) : plan);
}

/** When everybody's turn would come if it were approved now, and who could not be told in time. */
async function withTurns(deps: PlanCampaignDeps, { maxInFlight }: CampaignRequest, plan: Plan): Promise<Plan> {
  const now = deps.clock.now();
  const pace = paceOf(await deps.need());
  const tallies = tallyOf(plan.upgrades.map(({ ring, organisation: { stamp } }) => ({ ring, stamp })));
  const taken = new Map<string, number>();
  const upgrades = plan.upgrades.map((planned) => {
    const turn = taken.get(planned.ring) ?? 0;
    taken.set(planned.ring, turn + 1);
    const expected = turnOf({ ...plan, tallies, maxInFlight }, pace, { ring: planned.ring, turn }, now);
    return { ...planned, turn, expected };
  });
  const sending = await deps.planAnnouncement(
    upgrades.map(({ expected }) => expected.expected + deps.noticeWaitMs),
    "hotfix",
  );
  const late = sending.kind === "tooLate" ? sending.late : 0;
  return { ...plan, upgrades, announcing: { lastSentAt: sending.lastSentAt, late } };
}

/** A ring whose budget may still follow from the campaign's. */
type RingDraft = Pick<Ring, "ring" | "soakMs"> & { readonly failureBudget?: number | undefined };

interface Dated extends Pick<Plan, "upgrades" | "leftOut" | "announcing"> {
  readonly rings: readonly (RingDraft & Pick<Ring, "plannedFrom">)[];
}

interface Assigned {
  readonly rings: readonly RingDraft[];
  readonly ringOf: ReadonlyMap<string, string>;
}

/** Rings of the registry, in their order. */
const REGISTRY_RINGS = ["canary", "early", "broad"] as const;

function assign(request: CampaignRequest, organisations: readonly Organisation[]): Result<Assigned, PlanRefusal> {
  const { rings, standardSoakMs: soakMs } = request;
  if (rings === undefined) {
    const ringOf = new Map(organisations.map(({ organisationId, ring }) => [organisationId, ring]));
    return ok({ rings: REGISTRY_RINGS.map((ring) => ({ ring, soakMs })), ringOf });
  }
  const ids = organisations.map(({ organisationId }) => organisationId);
  const assigned = assignRings(rings, ids);
  if (!assigned.ok) return err({ kind: "rings", problem: assigned.error });
  return ok({
    rings: rings.map(({ ring, soakMs: ownSoakMs, failureBudget }) => ({ ring, soakMs: ownSoakMs, failureBudget })),
    ringOf: assigned.value,
  });
}

async function withDates(
  deps: PlanCampaignDeps,
  request: CampaignRequest,
  organisations: readonly Organisation[],
  { rings, ringOf }: Assigned,
): Promise<Result<Dated, PlanRefusal>> {
  const now = deps.clock.now();
  const planned = (organisation: Organisation): Planned => ({
    organisation,
    ring: ringOf.get(organisation.organisationId) ?? "broad",
  });
  if (request.kind === "hotfix") {
    const opened = rings.map((ring) => ({ ...ring, plannedFrom: now }));
    return ok({ rings: opened, upgrades: organisations.map(planned), leftOut: [] });
  }
  const [freezes, need] = await Promise.all([deps.freezes(), deps.need()]);
  const noticeAt = now + APPROVAL_MS + (await sendingMs(deps, organisations.length, now));
  const plannable = organisations.map((one) => ({ ...one, window: windowOf(one) }));
  const { notBefore, notAfter } = limitsOf(request, now);
  const dates = planDates(plannable, { rings, ringOf, freezes, need, notBefore, notAfter, noticeAt });
  const refused = [...dates.impossible].map(([organisationId, reason]) => ({ organisationId, reason }));
  if (refused.length > 0 && !request.isWholeFleet) return err({ kind: "notPossible", refused });
  const upgrades = organisations.flatMap((organisation): readonly Planned[] => {
    const appointment = dates.appointments.get(organisation.organisationId);
    return appointment === undefined ? [] : [{ ...planned(organisation), appointment }];
  });
  const announcing = await announcingOf(
    deps,
    upgrades.flatMap(({ appointment }) => (appointment === undefined ? [] : [appointment])),
  );
  if (!announcing.ok) return announcing;
  return ok({ rings: dates.rings, upgrades, leftOut: refused, announcing: announcing.value });
}

/** Any instant may be asked for: those in the past say nothing, those too far ahead leave no window. */
function limitsOf({ notBefore: asked = 0, notAfter }: CampaignRequest, now: number) {
  const farthest = now + FARTHEST_MS;
  const notBefore = Math.min(Math.max(asked, now), farthest);
  if (asked > farthest) return { notBefore, notAfter: notBefore };
  return { notBefore, notAfter: notAfter === undefined ? undefined : Math.min(Math.max(notAfter, now), farthest) };
}

/** How long it takes to send so many notices, beside those that wait already. */
async function sendingMs(deps: PlanCampaignDeps, count: number, now: number): Promise<number> {
  const never = now + 1000 * DAY_MS;
  const sending = await deps.planAnnouncement(Array.from({ length: count }, () => never));
  return Math.max(0, sending.lastSentAt - now);
}

/** Whether notices for these dates can all be accepted in time when they are approved now. */
export async function announcingOf(
  deps: Pick<PlanCampaignDeps, "planAnnouncement">,
  appointments: readonly Appointment[],
): Promise<Result<{ readonly lastSentAt: number; readonly approveBy: number }, PlanRefusal>> {
  const planned = await deps.planAnnouncement(appointments.map(latestNotice));
  if (planned.kind === "fits") return ok({ lastSentAt: planned.lastSentAt, approveBy: planned.beginBy });
  const { beginBy, postponeMs, late } = planned;
  return err({ kind: "tooLateToAnnounce", beginBy, postponeMs, late });
}
