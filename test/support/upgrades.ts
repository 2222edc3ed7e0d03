// Values that tests of upgrades share.

import { firstAppointment, type Appointment } from "../../shared/upgrades/core/appointment.ts";
import type { Campaign } from "../../shared/upgrades/core/campaign.ts";
import type { Ring } from "../../shared/upgrades/core/rings.ts";
import type { Counts, Tally } from "../../shared/upgrades/core/tally.ts";
import { scheduledUpgrade, type Upgrade, type UpgradePolicy } from "../../shared/upgrades/core/upgrade.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const POLICY: UpgradePolicy = {
  limitsMs: {
    goingOffline: 10 * MINUTE,
    creatingRestorePoint: 30 * MINUTE,
    upgrading: 60 * MINUTE,
    verifying: 10 * MINUTE,
    goingOnline: 10 * MINUTE,
    restoring: 60 * MINUTE,
  },
  offlineLimitMs: 4 * HOUR,
  verifyAttempts: 2,
  verifyPauseMs: 5000,
  pollEveryMs: 5000,
};

export const NOON = Date.UTC(2026, 10, 24, 12);

/** Saturday night in Berlin, six hours, more than four weeks after NOON. */
export const BERLIN_NIGHT: Appointment = firstAppointment({
  wallStart: "2027-01-09T22:00",
  zone: "Europe/Berlin",
  start: Date.UTC(2027, 0, 9, 21),
  end: Date.UTC(2027, 0, 10, 3),
});

export function anUpgrade(changes: Partial<Upgrade> = {}): Upgrade {
  const fresh = scheduledUpgrade(
    { campaignId: "c-1", organisationId: "alpine-foods", stamp: "eu-1", ring: "broad", targetVersion: "7.13.0.1" },
    NOON,
  );
  return { ...fresh, ...changes };
}

export const aRing = (ring: string, changes: Partial<Ring> = {}): Ring => ({
  ring,
  soakMs: 0,
  failureBudget: 100,
  plannedFrom: NOON,
  ...changes,
});

export const someCounts = (counts: Partial<Counts> = {}): Counts => ({
  waiting: 0,
  postponed: 0,
  underWay: 0,
  needsHuman: 0,
  succeeded: 0,
  rolledBack: 0,
  skipped: 0,
  ...counts,
});

export const aTally = (ring: string, counts: Partial<Counts>, stamp = "eu-1"): Tally => ({
  ring,
  stamp,
  counts: someCounts(counts),
});

export function aCampaign(changes: Partial<Campaign> = {}): Campaign {
  return {
    campaignId: "c-1",
    kind: "hotfix",
    version: "7.13.0.1",
    state: "draft",
    sequence: 0,
    notifiedSequence: 0,
    organisationCount: 1,
    maxInFlight: 2,
    failureBudget: 100,
    stampFailureBudget: 100,
    rings: [aRing("broad")],
    openRings: 1,
    tallies: [aTally("broad", { waiting: 1 })],
    createdBy: "tool:operator-a",
    createdAt: NOON,
    approvers: ["tool:operator-b", "tool:operator-c"],
    approvals: [],
    fingerprint: "f",
    ...changes,
  };
}
