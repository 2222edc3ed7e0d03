// I3: of a campaign, of each of its rings and of each stamp in it never more have failed or are under way than the budget
// says, and never more than maxInFlight are under way (or need a human), counted from the upgrades themselves.

import { keyOf, type CampaignRow, type UpgradeRow } from "./watch-rows.ts";
import { isInFlight, type Break } from "./watch-states.ts";

interface Count {
  flying: number;
  rolledBack: number;
}

export function createBudgets(breakIt: Break) {
  const counts = new Map<string, Map<string, Count>>();
  const countsOf = (campaignId: string): Map<string, Count> => {
    let found = counts.get(campaignId);
    if (found === undefined) counts.set(campaignId, (found = new Map()));
    return found;
  };
  const add = (row: UpgradeRow, by: 1 | -1): void => {
    const all = countsOf(row.campaignId);
    for (const scope of scopesOf(row)) {
      const count = all.get(scope) ?? { flying: 0, rolledBack: 0 };
      all.set(scope, count);
      if (isInFlight(row.state)) count.flying += by;
      if (row.state === "rolledBack") count.rolledBack += by;
    }
  };
  return {
    onUpgrade(before: UpgradeRow | undefined, after: UpgradeRow): void {
      if (before !== undefined) add(before, -1);
      add(after, 1);
    },
    /** Upgrades under way, or in need of a human, in all campaigns. */
    underWay: (): number => [...counts.values()].reduce((total, all) => total + (all.get("campaign")?.flying ?? 0), 0),
    /** To be called when a transaction is complete, with one of its rows. */
    check(campaign: CampaignRow | undefined, row: UpgradeRow): void {
      if (campaign === undefined) return;
      const all = countsOf(row.campaignId);
      for (const scope of scopesOf(row)) {
        const { flying = 0, rolledBack = 0 } = all.get(scope) ?? {};
        const budget = budgetOf(campaign, scope, row);
        if (flying + rolledBack > budget) {
          breakIt(
            "I3",
            `${flying + rolledBack} of ${scope} in ${campaign.campaignId} failed or are under way, the budget is ${budget} (${keyOf(row)})`,
          );
        }
        if (scope === "campaign" && flying > campaign.maxInFlight) {
          breakIt(
            "I3",
            `${flying} upgrades of ${campaign.campaignId} are under way, ${campaign.maxInFlight} are allowed`,
          );
        }
      }
    },
  };
}

const scopesOf = ({ ring, stamp }: UpgradeRow): readonly string[] => ["campaign", `ring ${ring}`, `stamp ${stamp}`];

function budgetOf(campaign: CampaignRow, scope: string, { ring }: UpgradeRow): number {
  if (scope === "campaign") return campaign.failureBudget;
  if (scope.startsWith("stamp ")) return campaign.stampFailureBudget;
  return campaign.rings.find((one) => one.ring === ring)?.failureBudget ?? 0;
}
