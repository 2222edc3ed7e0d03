// What a caller asks for as a campaign: its organisations chosen, standards filled in, its id from the Idempotency-Key.

import type { Actor } from "../../kernel/actor.ts";
import { defined } from "../../kernel/defined.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { part } from "../../kernel/text.ts";
import { HOUR_MS } from "../../kernel/time/durations.ts";
import { chooseOrganisations } from "../../organisations/choose-organisations.ts";
import type { OrganisationStore } from "../../organisations/store.ts";
import { deterministicId, type Ids } from "../../platform/ids.ts";
import type { NewCampaignBody } from "./api.ts";
import { UNREADABLE_ROW } from "./candidates.ts";
import type { NewCampaign } from "./create-campaign.ts";
import type { PlanRefusal } from "./plan-campaign.ts";

export interface RequestCampaignDeps {
  readonly registry: Pick<OrganisationStore, "all">;
  readonly ids: Ids;
  readonly defaults: {
    readonly maxInFlight: number;
    /** Of an upgrade; a hotfix does not soak unless its rings say so. */
    readonly soakMs: number;
  };
}

export type RequestRefusal =
  | Extract<PlanRefusal, { kind: "notPossible" }>
  | { readonly kind: "unknownOrganisations"; readonly ids: readonly string[] };

/** `key`: of the same actor, the same one names the same campaign. Throws TransientFailure when storage cannot be reached. */
export async function requestCampaign(
  { registry, ids, defaults }: RequestCampaignDeps,
  body: NewCampaignBody,
  actor: Actor,
  key: string | undefined,
): Promise<Result<NewCampaign, RequestRefusal>> {
  const { organisations, unknown, unreadable } = await chooseOrganisations(registry, body.organisations);
  const isWholeFleet = body.organisations === "all";
  if (unknown.length > 0) return err({ kind: "unknownOrganisations", ids: unknown });
  if (unreadable.length > 0 && !isWholeFleet) {
    const refused = unreadable.map((organisationId) => ({ organisationId, reason: UNREADABLE_ROW }));
    return err({ kind: "notPossible", refused });
  }
  const id = key === undefined ? ids.next() : deterministicId(JSON.stringify(["campaign", actor, key]));
  return ok({
    campaignId: `c-${part(id.replaceAll("-", ""), 0, 16)}`,
    kind: body.kind,
    version: body.version,
    ...defined({ reason: body.reason }),
    organisations,
    isWholeFleet,
    unreadable,
    approvers: body.approvers,
    rings: body.rings?.map(({ soakHours, ...ring }) => ({ ...ring, soakMs: Math.round(soakHours * HOUR_MS) })),
    standardSoakMs: body.kind === "hotfix" ? 0 : defaults.soakMs,
    maxInFlight: body.maxInFlight ?? defaults.maxInFlight,
    failureBudget: body.failureBudget,
    stampFailureBudget: body.stampFailureBudget,
    ...(body.notBefore === undefined ? {} : { notBefore: Date.parse(body.notBefore) }),
    ...(body.notAfter === undefined ? {} : { notAfter: Date.parse(body.notAfter) }),
  });
}
