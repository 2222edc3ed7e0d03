// I11: while the quarantine of a version is in force, nobody starts it, in no campaign. In force: from the pause of the
// campaign that called for it (or its end), which comes when all others have been stopped, until two different people have
// lifted it. And no campaign ends with failures that call for a quarantine, and were looked at by nobody.

import type { QuarantineRule } from "../../../shared/upgrades/core/quarantine.ts";
import { keyOf, type CampaignRow, type QuarantineRow, type UpgradeRow } from "./watch-rows.ts";
import type { Break } from "./watch-states.ts";

interface Ports {
  readonly upgrades: ReadonlyMap<string, UpgradeRow>;
  readonly quarantineRule: QuarantineRule;
  readonly now: () => number;
}

const FAILED = new Set(["rolledBack", "needsHuman"]);

export function createVersions({ upgrades, quarantineRule, now }: Ports, breakIt: Break) {
  const failedAt = new Map<string, number>();
  /** Not in force, and not lifted since the latest of these failures. */
  const checkJudged = ({ campaignId, version }: CampaignRow): void => {
    const own = [...upgrades.values()].filter((row) => row.campaignId === campaignId);
    for (const [ring, members] of Map.groupBy(own, (row) => row.ring)) {
      const failed = members.filter(({ state }) => FAILED.has(state));
      const ended = failed.length + members.filter(({ state }) => state === "succeeded").length;
      if (failed.length < quarantineRule.atLeast || failed.length * 100 < ended * quarantineRule.percent) continue;
      const latest = Math.max(...failed.map((row) => failedAt.get(keyOf(row)) ?? 0));
      const quarantine = quarantines.get(version);
      if (quarantine !== undefined && (!quarantine.isLifted || quarantine.liftedAt >= latest)) continue;
      breakIt(
        "I11",
        `${campaignId} ended: ${failed.length} of ${ended} failed in ${ring}, ${version} is in no quarantine`,
      );
    }
  };
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
    onUpgrade(row: UpgradeRow): void {
      if (FAILED.has(row.state) && !failedAt.has(keyOf(row))) failedAt.set(keyOf(row), now());
    },
    onCampaign(before: CampaignRow | undefined, after: CampaignRow): void {
      if (after.isEnded && before?.isEnded === false) checkJudged(after);
      const quarantine = quarantines.get(after.version);
      if (quarantine === undefined || quarantine.isLifted || quarantine.campaignId !== after.campaignId) return;
      const isPausedNow = after.state === "paused" && after.pausedBecause !== before?.pausedBecause;
      if (after.isEnded) inForce.add(after.version);
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
