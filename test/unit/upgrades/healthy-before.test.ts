import { describe, expect, test } from "vitest";
import type { Check } from "../../../shared/checks/check.ts";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { cancellationOf } from "../../../shared/upgrades/upgrade/customer-notices.ts";
import { wellnessOf } from "../../../shared/upgrades/core/health.ts";
import { healthyBefore } from "../../../shared/upgrades/upgrade/healthy-before.ts";
import { preflightOf } from "../../../shared/upgrades/upgrade/preflight.ts";
import { notifyMove } from "../../../shared/upgrades/upgrade/notify.ts";
import { MINUTE, NOON } from "../../support/upgrades.ts";
import { announcedCampaign, campaignOf, createWorld, someOrganisations, upgradeOf } from "./support.ts";

const MAX_AGE_MS = 30 * MINUTE;
const check = (at: number, outcome: Check["outcome"], organisationId = "org-000"): Check => ({
  organisationId,
  slot: at,
  at,
  outcome,
  ...(outcome === "failed" && {
    result: {
      organisationId,
      outcome: "failed",
      startedAt: at,
      durationMs: 1,
      failedStep: "store",
      severity: "critical",
      cleanedUp: true,
      steps: [
        { name: "store", outcome: "failed", durationMs: 1, failure: { class: "permanent", message: "no disk space" } },
      ],
    },
  }),
});

async function aHotfix(count: number, maxInFlight = 10) {
  const world = await createWorld(someOrganisations(count));
  const checks = new Map<string, readonly Check[]>();
  const asked: { readonly organisationId: string; readonly slot: number }[] = [];
  const condition = healthyBefore({
    ...world.deps,
    latestChecks: async (organisationId, limit) => (checks.get(organisationId) ?? []).slice(0, limit),
    requestCheck: async (organisationId, slot) => void asked.push({ organisationId, slot }),
    checkMaxAgeMs: MAX_AGE_MS,
  });
  const deps = { ...world.deps, preflight: () => preflightOf([condition]) };
  await announcedCampaign({ ...world, deps }, { kind: "hotfix", maxInFlight, rings: [{ ring: "all", soakMs: 0 }] });
  return { world, deps, checks, asked, look: () => advanceCampaign(deps, "c-1", false) };
}

describe("an organisation is taken offline only when it is well", () => {
  test("without a check it is asked for one, and starts some seconds later when that has passed", async () => {
    const { world, checks, asked, look } = await aHotfix(1);
    const waited = await look();
    expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
    expect(new Set(asked.map(({ slot }) => slot))).toEqual(new Set([NOON]));
    expect(waited).toMatchObject({ kind: "ticking" });
    if (waited.kind === "ticking") expect(waited.until - NOON).toBeLessThanOrEqual(10_000);
    checks.set("org-000", [check(world.time.now, "passed")]);
    await look();
    expect((await upgradeOf(world, "org-000")).state).toBe("goingOffline");
  });

  test("a check that is too old, was not run, or comes from a wrong clock does not count", async () => {
    const { world, checks, asked, look } = await aHotfix(1);
    for (const one of [
      check(NOON - MAX_AGE_MS - 1, "passed"),
      check(NOON, "notRun"),
      check(NOON + 60 * MINUTE, "passed"),
    ]) {
      checks.set("org-000", [one]);
      const before = asked.length;
      await look();
      expect(asked.length).toBeGreaterThan(before);
      expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
    }
    checks.set("org-000", [check(NOON, "notRun"), check(NOON - MAX_AGE_MS, "passed")]);
    await look();
    expect((await upgradeOf(world, "org-000")).state).toBe("goingOffline");
  });

  test("one failure is confirmed by a second check; then it is left out, with a reason that says what is broken", async () => {
    const { world, checks, look } = await aHotfix(1);
    checks.set("org-000", [check(NOON, "failed"), check(NOON - MINUTE, "passed")]);
    await look();
    expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
    checks.set("org-000", [check(NOON, "failed"), check(NOON - MINUTE, "notRun"), check(NOON - MINUTE, "failed")]);
    await look();
    const skipped = await upgradeOf(world, "org-000");
    expect(skipped).toMatchObject({ state: "skipped" });
    const [entry] = await world.store.history("c-1", "org-000");
    expect(entry).toMatchObject({ to: "skipped", cause: "ill" });
    expect(skipped.failure).toBe("its basic functions fail already before the upgrade (store: no disk space)");
    expect(skipped.offlineFrom).toBeUndefined();
  });

  test("its customer gets the cancellation, and support an incident that names the trouble", async () => {
    const { world, checks, look } = await aHotfix(1);
    checks.set("org-000", [check(NOON, "failed"), check(NOON - MINUTE, "failed")]);
    await look();
    await look();
    const told = world.notified.find(({ entry }) => entry.to === "skipped");
    if (told === undefined) throw new Error("Nobody was told.");
    const cancelled: unknown[] = [];
    const nothing = async () => {};
    const campaign = await campaignOf(world);
    await notifyMove(
      {
        ...world.deps,
        withdrawNotices: nothing,
        cancelAppointment: async (notice) => void cancelled.push(notice),
        publish: nothing,
        requestCheck: nothing,
      },
      told,
      campaign,
    );
    const organisation = world.registry.get("org-000");
    if (organisation === undefined) throw new Error("org-000 is not registered.");
    expect(cancelled).toEqual([cancellationOf(campaign, told.upgrade, organisation, NOON, "functionalCheckFailed")]);
    expect(world.incidents).toMatchObject([
      { severity: 2, kind: "organisationIll", subject: { organisationId: "org-000" } },
    ]);
    expect(world.incidents[0]?.detail).toContain("store: no disk space");
  });

  test("the others do not wait for it, and no more are checked at once than may be under way", async () => {
    const { world, checks, asked, look } = await aHotfix(6, 2);
    await look();
    expect(new Set(asked.map(({ organisationId }) => organisationId)).size).toBe(2);
    // The first one's checks never come; the second is well, and so is whoever comes after it.
    for (const id of ["org-001", "org-002"]) checks.set(id, [check(NOON, "passed", id)]);
    await look();
    expect((await upgradeOf(world, "org-001")).state).toBe("goingOffline");
    expect((await upgradeOf(world, "org-002")).state).toBe("goingOffline");
    expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
  });

  test("checks that do not come are told, and it waits on", async () => {
    const { world, look } = await aHotfix(1);
    await look();
    world.time.now += 16 * MINUTE;
    await look();
    expect(world.incidents).toMatchObject([{ severity: 2, kind: "upgradeHealthUnknown" }]);
    expect((await upgradeOf(world, "org-000")).state).toBe("scheduled");
  });
});

test("a long reason is cut, and still says that the organisation is ill", () => {
  const failed = { at: NOON, outcome: "failed", failure: "🙂".repeat(5000) } as const;
  const wellness = wellnessOf([failed, failed], NOON, 1);
  if (wellness.kind !== "ill") throw new Error("It is not ill.");
  expect(wellness.reason.length).toBeLessThanOrEqual(500);
  expect(wellness.reason.isWellFormed()).toBe(true);
  expect(wellness.reason).toMatch(/^its basic functions fail already/u);
});
