// I11: while the quarantine of a version is in force, nobody starts it, in no campaign. In force: from the pause of the
// campaign that called for it, which comes when all others have been stopped, until two different people have lifted it.

import { keyOf, type CampaignRow, type QuarantineRow, type UpgradeRow } from "./watch-rows.ts";
import type { Break } from "./watch-states.ts";

export function createVersions(breakIt: Break) {
  const quarantines = new Map<string, QuarantineRow>();
  const inForce = new Set<string>();
  return {
    onQuarantine(row: QuarantineRow): void {
      const before = quarantines.get(row.version);
      quarantines.set(row.version, row);
      if (before?.since !== row.since) inForce.delete(row.version);
      if (!row.isLifted) return;
      inForce.delete(row.version);
      if (new Set(row.lifts).size < 2)
        breakIt("I11", `version ${row.version} was lifted by ${row.lifts.join(" and ")} alone`);
    },
    onCampaign(before: CampaignRow | undefined, after: CampaignRow): void {
      const quarantine = quarantines.get(after.version);
      if (quarantine === undefined || quarantine.isLifted || quarantine.campaignId !== after.campaignId) return;
      const isPausedNow = before?.state === "running" && after.state === "paused";
      if (isPausedNow && after.pausedBecause?.startsWith(`version ${after.version} is quarantined`) === true) {
        inForce.add(after.version);
      }
    },
    onStart(row: UpgradeRow): void {
      if (inForce.has(row.version)) breakIt("I11", `${keyOf(row)} starts with ${row.version}, which is quarantined`);
    },
    /** How many versions were ever quarantined: for the numbers of a run. */
    get count() {
      return quarantines.size;
    },
  };
}
