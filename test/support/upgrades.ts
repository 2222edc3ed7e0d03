// Values that tests of upgrades share.

import { scheduledUpgrade, type Upgrade, type UpgradePolicy } from "../../shared/upgrades/core/upgrade.ts";
import type { Campaign } from "../../shared/upgrades/core/campaign.ts";

const MINUTE = 60_000;

export const POLICY: UpgradePolicy = {
  limitsMs: {
    goingOffline: 10 * MINUTE,
    creatingRestorePoint: 30 * MINUTE,
    upgrading: 60 * MINUTE,
    verifying: 10 * MINUTE,
    goingOnline: 10 * MINUTE,
    restoring: 60 * MINUTE,
  },
  verifyAttempts: 2,
  verifyPauseMs: 5000,
  pollEveryMs: 5000,
};

export const NOON = Date.UTC(2026, 10, 24, 12);

export function anUpgrade(changes: Partial<Upgrade> = {}): Upgrade {
  const fresh = scheduledUpgrade(
    { campaignId: "c-1", organisationId: "alpine-foods", stamp: "eu-1", ring: "broad", targetVersion: "7.13.0.1" },
    NOON,
  );
  return { ...fresh, ...changes };
}

export function aCampaign(changes: Partial<Campaign> = {}): Campaign {
  return {
    campaignId: "c-1",
    kind: "hotfix",
    version: "7.13.0.1",
    state: "draft",
    organisationCount: 1,
    maxInFlight: 2,
    failureBudget: 100,
    createdBy: "tool:operator-a",
    createdAt: NOON,
    approvals: [],
    fingerprint: "f",
    ...changes,
  };
}
