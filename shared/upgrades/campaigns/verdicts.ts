// How the organisations upgraded so far are, by their functional checks since. The gate between rings asks (core/gate.ts).

import { mapConcurrently } from "../../kernel/map-concurrently.ts";
import type { Check } from "../../checks/check.ts";
import type { Campaign } from "../core/campaign.ts";
import type { Verdict } from "../core/gate.ts";
import type { Upgrade } from "../core/upgrade.ts";
import type { UpgradeStore } from "../store/store.ts";

export interface VerdictDeps {
  readonly store: Pick<UpgradeStore, "allUpgrades">;
  readonly latestChecks: (organisationId: string, limit: number) => Promise<readonly Check[]>;
}

/** More than these would not make the verdict surer, but the question longer. */
const MOST_ASKED = 200;
const AT_ONCE = 20;

export async function verdictsOn(
  deps: VerdictDeps,
  campaign: Campaign,
  rings: readonly string[],
): Promise<readonly Verdict[]> {
  const upgraded: Upgrade[] = [];
  for await (const { upgrade } of deps.store.allUpgrades(campaign.campaignId)) {
    if (upgrade.state === "succeeded" && rings.includes(upgrade.ring)) upgraded.push(upgrade);
  }
  const newest = upgraded.toSorted((a, b) => onlineSince(b) - onlineSince(a)).slice(0, MOST_ASKED);
  const soakMs = campaign.rings[campaign.openRings - 1]?.soakMs ?? 0;
  return mapConcurrently(newest, AT_ONCE, async (upgrade) =>
    functionalVerdict(upgrade, await deps.latestChecks(upgrade.organisationId, CHECKS_READ), soakMs),
  );
}

const onlineSince = ({ onlineAgainAt = 0 }: Upgrade): number => onlineAgainAt;

const CHECKS_READ = 5;

/**
 * One failed check may be a short disturbance, two in a row are not. Without a check since the upgrade the verification
 * that ended it stands, unless time to soak was asked for. `checks`: newest first.
 */
export function functionalVerdict(upgrade: Upgrade, checks: readonly Check[], soakMs: number): Verdict {
  const since = checks.filter(({ at, outcome }) => at >= onlineSince(upgrade) && outcome !== "notRun");
  const [latest, before] = since;
  const { organisationId } = upgrade;
  if (latest === undefined) {
    return soakMs === 0
      ? { kind: "pass" }
      : { kind: "inconclusive", reason: `${organisationId} was not checked since its upgrade` };
  }
  if (latest.outcome === "passed") return { kind: "pass" };
  return before?.outcome === "failed"
    ? { kind: "fail", reason: `the functional checks of ${organisationId} fail since its upgrade` }
    : { kind: "inconclusive", reason: `the latest functional check of ${organisationId} failed` };
}
