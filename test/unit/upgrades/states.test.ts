// No organisation stays offline in silence: what cannot be saved turns back, what cannot be found out is told.

import { describe, expect, test } from "vitest";
import { ControlPlaneRefusal, type ControlPlane } from "../../../shared/docuware/control-plane/control-plane.ts";
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { advanceUpgrade } from "../../../shared/upgrades/upgrade/advance-upgrade.ts";
import type { UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import type { UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { isNow } from "../../../shared/upgrades/upgrade/phrases.ts";
import { performStep } from "../../../shared/upgrades/upgrade/perform-step.ts";
import { reconcile } from "../../../shared/upgrades/campaigns/reconcile.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { MINUTE, POLICY } from "../../support/upgrades.ts";
import { announcedCampaign, NEW, OLD, someOrganisations, take, upgradeOf, worldWith } from "./support.ts";

const ORG = "org-000";
const down = (): never => {
  throw new TransientFailure("GET https://control.example took longer than 15000 ms.");
};

/** The events that lead to a state of an upgrade that the coordinator has let start. */
const done: UpgradeEvent = { kind: "stepDone", version: OLD, restorePointId: "rp-1" };
const failed: UpgradeEvent = { kind: "stepFailed", reason: "it broke" };
const PATHS = {
  goingOffline: [],
  creatingRestorePoint: [done],
  upgrading: [done, done],
  verifying: [done, done, done],
  goingOnline: [done, done, done, done],
  restoring: [done, done, failed],
  verifyingPrevious: [done, done, failed, done],
  goingOnlinePrevious: [done, done, failed, done, done],
} as const satisfies Partial<Record<UpgradeState, readonly UpgradeEvent[]>>;
type State = keyof typeof PATHS;
const FORWARD: readonly State[] = ["goingOffline", "creatingRestorePoint", "upgrading", "verifying", "goingOnline"];
const BACK: readonly State[] = ["restoring", "verifyingPrevious", "goingOnlinePrevious"];

const isState = (name: string): name is State => name in PATHS;
const STATES = Object.keys(PATHS).filter(isState);

async function anUpgradeIn(state: State) {
  const world = await worldWith(announcedCampaign, { organisations: someOrganisations(1), kind: "hotfix" });
  await take(world, ORG, PATHS[state]);
  expect((await upgradeOf(world, ORG)).state).toBe(state);
  const incidents: NewIncident[] = [];
  const plane: { -readonly [K in keyof ControlPlane]: ControlPlane[K] } = {
    begin: async () => ({ kind: "succeeded", version: OLD, restorePointId: "rp-1" }),
    poll: async () => undefined,
    status: async () => ({ availability: "offline", version: OLD }),
  };
  const raiseIncident = async (incident: NewIncident) => void incidents.push(incident);
  const deps = {
    ...world.deps,
    raiseIncident,
    perform: performStep({ controlPlane: plane, verify: async () => ({ kind: "passed", version: OLD }) }),
  };
  const look = () => advanceUpgrade(deps, { campaignId: "c-1", organisationId: ORG, poll: true }, false);
  return { world, incidents, plane, deps, look, now: () => upgradeOf(world, ORG) };
}

const pass = (world: { time: { now: number } }, { deadline = 0 }: Upgrade) => void (world.time.now = deadline + 1);

describe("a state that cannot be saved", () => {
  test.each(FORWARD)("turns %s back at once by a smaller row, and pages support", async (state) => {
    const { deps, incidents, world, now } = await anUpgradeIn(state);
    const rows = { ...deps.store };
    // The store refuses for ever whatever comes next of this step, and takes the way back.
    const refusing = {
      ...rows,
      save: async (change: Parameters<typeof rows.save>[0]) => {
        if (FORWARD.some((one) => one === change.next.state) || change.next.state === "succeeded") {
          throw new PermanentFailure("Transaction in table Upgrades was refused (400 PropertyValueTooLarge).");
        }
        return rows.save(change);
      },
    };
    const wake = { campaignId: "c-1", organisationId: ORG, poll: true };
    await advanceUpgrade({ ...deps, store: refusing }, wake, false).catch(() => undefined);
    expect(incidents[0]).toMatchObject({ severity: 0, kind: "upgradeStepBroken", subject: { organisationId: ORG } });
    expect(incidents[0]?.detail).toContain("PropertyValueTooLarge");
    const after = await now();
    expect(BACK.some((one) => one === after.state) || after.state === "rolledBack").toBe(true);
    expect(after.failure?.length ?? 0).toBeLessThan(100);
    expect(world.time.now).toBeGreaterThan(0);
  });

  test.each(STATES)("pages support from %s also when nothing at all can be saved", async (state) => {
    const { deps, incidents } = await anUpgradeIn(state);
    const save = async () => {
      throw new PermanentFailure("refused for ever");
    };
    const wake = { campaignId: "c-1", organisationId: ORG, poll: true };
    await expect(advanceUpgrade({ ...deps, store: { ...deps.store, save } }, wake, false)).rejects.toThrow("refused");
    expect(incidents).toMatchObject([{ severity: 0, subject: { organisationId: ORG } }]);
  });

  test.each(FORWARD)("a defect in the step of %s turns it back as well", async (state) => {
    const { deps, incidents, now } = await anUpgradeIn(state);
    const perform = Object.assign(
      async () => {
        throw new TypeError("Cannot read properties of undefined");
      },
      { overrun: down },
    );
    const wake = { campaignId: "c-1", organisationId: ORG, poll: true };
    await expect(advanceUpgrade({ ...deps, perform }, wake, false)).rejects.toThrow("Cannot read");
    expect(["restoring", "verifyingPrevious"]).toContain((await now()).state);
    expect(incidents[0]).toMatchObject({ severity: 0 });
  });

  test("is not held up by an incident that cannot be raised", async () => {
    const { deps, now } = await anUpgradeIn("upgrading");
    const perform = Object.assign(
      async (_: Upgrade) => {
        throw new RangeError("broken");
      },
      { overrun: down },
    );
    const wake = { campaignId: "c-1", organisationId: ORG, poll: true };
    await advanceUpgrade({ ...deps, perform, raiseIncident: down }, wake, false).catch(() => undefined);
    expect((await now()).state).toBe("restoring");
    expect(deps.log.entries.map(({ event }) => event)).toContain("incident.notRaised");
  });
});

test("texts of others are cut and well-formed in every row, however long and broken they are", async () => {
  const { plane, look, now } = await anUpgradeIn("upgrading");
  const emoji = `${"x".repeat(282)}\ud83d${"🙂".repeat(20_000)}`;
  plane.begin = async () => ({ kind: "failed", reason: emoji });
  plane.poll = async () => ({ kind: "failed", reason: emoji });
  await look();
  const after = await now();
  expect(after.state).toBe("needsHuman");
  expect(after.failure?.isWellFormed()).toBe(true);
  expect(after.failure?.length).toBeLessThan(3000);
});

describe("when the deadline has passed", () => {
  test.each(["goingOnline", "goingOnlinePrevious"] as const)(
    "%s that hangs, with a status that cannot be read, is told at once with what was tried, and tried on",
    async (state) => {
      const { world, plane, look, incidents, now } = await anUpgradeIn(state);
      plane.begin = down;
      plane.poll = down;
      plane.status = down;
      await look();
      expect(incidents).toEqual([]);
      pass(world, await now());
      await expect(look()).rejects.toBeInstanceOf(TransientFailure);
      expect(incidents).toMatchObject([{ severity: 0, kind: "upgradeStuck", subject: { organisationId: ORG } }]);
      for (const part of [isNow(state), "15000 ms", "since 20"]) expect(incidents[0]?.detail).toContain(part);
      plane.status = async () => ({ availability: "online", version: state === "goingOnline" ? NEW : OLD });
      await look();
      expect(["succeeded", "rolledBack"]).toContain((await now()).state);
    },
  );

  test("a restore that is refused, with a status that cannot be read, ends with a human, not with silence", async () => {
    const { world, plane, look, now } = await anUpgradeIn("restoring");
    plane.begin = async () => {
      throw new ControlPlaneRefusal("it is online", "wrongState");
    };
    plane.status = down;
    await look();
    expect((await now()).state).toBe("restoring");
    pass(world, await now());
    await look();
    expect((await now()).state).toBe("needsHuman");
  });

  test.each(["verifying", "verifyingPrevious"] as const)(
    "%s ends although our own registry cannot be read",
    async (state) => {
      const { world, deps, plane, now } = await anUpgradeIn(state);
      const perform = performStep({ controlPlane: plane, verify: async () => down() });
      const wake = { campaignId: "c-1", organisationId: ORG, poll: true };
      for (let attempt = 0; attempt < POLICY.verifyAttempts; attempt++) {
        pass(world, await now());
        await advanceUpgrade({ ...deps, perform }, wake, false);
      }
      expect((await now()).state).not.toBe(state);
    },
  );

  test.each(STATES)("the watch tells within a minute and a half that %s has not moved", async (state) => {
    const { world, deps, incidents, now } = await anUpgradeIn(state);
    pass(world, await now());
    await reconcile(deps);
    expect(incidents).toEqual([]);
    world.time.now += MINUTE;
    await reconcile(deps);
    expect(incidents).toMatchObject([{ severity: 0, kind: "upgradeStuck", subject: { organisationId: ORG } }]);
  });

  test("a campaign that the watch cannot read is told, and does not keep it from the others", async () => {
    const { world, deps, incidents } = await anUpgradeIn("upgrading");
    const store = {
      ...deps.store,
      activeUpgrades: async () => {
        throw new PermanentFailure("Row of table Upgrades does not fit its schema");
      },
    };
    world.time.now += 5 * MINUTE;
    await expect(reconcile({ ...deps, store })).rejects.toThrow("schema");
    expect(incidents).toMatchObject([{ severity: 0, kind: "campaignNotWatched", subject: { campaignId: "c-1" } }]);
  });
});

test("who needs a human is told by whoever finds it, not only by the coordinator", async () => {
  const { plane, look, incidents, world } = await anUpgradeIn("restoring");
  plane.begin = async () => ({ kind: "failed", reason: "no disk" });
  await look();
  expect(incidents).toMatchObject([{ severity: 0, kind: "upgradeNeedsHuman" }]);
  expect(await advanceCampaign(world.deps, "c-1", false)).toMatchObject({ kind: "ticking" });
});
