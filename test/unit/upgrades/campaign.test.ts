import { describe, expect, test } from "vitest";
import { decideAdmission } from "../../../shared/upgrades/core/admission.ts";
import {
  approve,
  type Campaign,
  closeCampaign,
  CREATION_LIMIT_MS,
  holdsOrganisations,
  isOpen,
  moveCampaign,
  pauseForFailures,
  standardFailureBudget,
} from "../../../shared/upgrades/core/campaign.ts";
import { isTerminal, type UpgradeState } from "../../../shared/upgrades/core/moves.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import { aCampaign, anUpgrade, NOON } from "../../support/upgrades.ts";

describe("a campaign", () => {
  test("starts with the second approval, by somebody else", () => {
    const first = approve(aCampaign(), "tool:operator-a", NOON);
    expect(first).toMatchObject({ ok: true, value: { state: "draft" } });
    if (!first.ok) return;
    expect(approve(first.value, "tool:operator-a", NOON)).toEqual({
      ok: false,
      error: { kind: "alreadyApproved", by: "tool:operator-a" },
    });
    expect(approve(first.value, "tool:operator-b", NOON)).toMatchObject({
      ok: true,
      value: { state: "running", startedAt: NOON },
    });
  });

  test("that runs takes no further approval", () => {
    expect(approve(aCampaign({ state: "running" }), "x", NOON)).toEqual({
      ok: false,
      error: { kind: "wrongState", state: "running" },
    });
  });

  test("makes only the moves of the table", () => {
    expect(moveCampaign(aCampaign({ state: "running" }), "paused")).toMatchObject({ ok: true });
    expect(moveCampaign(aCampaign({ state: "completed" }), "running")).toEqual({
      ok: false,
      error: { kind: "wrongState", state: "completed" },
    });
  });

  test("holds its organisations until it has ended; one left in creation only for a while", () => {
    expect(holdsOrganisations(aCampaign({ state: "creating" }), NOON)).toBe(true);
    expect(holdsOrganisations(aCampaign({ state: "creating" }), NOON + CREATION_LIMIT_MS)).toBe(false);
    expect(holdsOrganisations(aCampaign({ state: "aborted" }), NOON)).toBe(true);
    expect(holdsOrganisations(aCampaign({ state: "completed", endedAt: NOON }), NOON)).toBe(false);
  });

  test("is closed once, when its upgrades have ended", () => {
    expect(closeCampaign(aCampaign({ state: "running" }), NOON)).toMatchObject({ state: "completed", endedAt: NOON });
    expect(closeCampaign(aCampaign({ state: "aborted" }), NOON)).toMatchObject({ state: "aborted", endedAt: NOON });
    expect(closeCampaign(aCampaign({ state: "paused" }), NOON)).toBeUndefined();
    expect(isOpen(aCampaign({ state: "running" }))).toBe(true);
    expect(isOpen(aCampaign({ state: "draft" }))).toBe(false);
  });
});

test("a campaign paused for its failures says so until it is resumed", () => {
  const paused = pauseForFailures(aCampaign({ state: "running", failureBudget: 3 }));
  expect(paused).toMatchObject({ state: "paused", pausedBecause: "the failure budget of 3 is used up" });
  const resumed = moveCampaign(paused, "running");
  expect(resumed.ok && resumed.value.pausedBecause).toBeUndefined();
});

describe("admission", () => {
  const row = (organisationId: string, changes: Partial<Upgrade> = {}) => ({
    upgrade: anUpgrade({ organisationId, ...changes }),
  });
  const running = aCampaign({ state: "running", maxInFlight: 2 });
  const decide = (campaign: Campaign, rows: readonly ReturnType<typeof row>[], batch = 49) => {
    const counts: Partial<Record<UpgradeState, number>> = {};
    for (const { upgrade } of rows) counts[upgrade.state] = (counts[upgrade.state] ?? 0) + 1;
    return decideAdmission(campaign, { open: rows.filter(({ upgrade }) => !isTerminal(upgrade.state)), counts }, batch);
  };

  test("lets canary go first, then by organisation id, as many as there is room for", () => {
    const rows = [row("b"), row("a"), row("z", { ring: "canary" }), row("y", { ring: "elsewhere" })];
    expect(decide(running, rows).admit.map((item) => item.upgrade.organisationId)).toEqual(["z", "a"]);
  });

  test("counts what is under way and what waits for a human", () => {
    const rows = [row("a", { state: "upgrading" }), row("b", { state: "needsHuman" }), row("c")];
    expect(decide(running, rows)).toMatchObject({ admit: [], allEnded: false });
  });

  test("is bounded by the batch", () => {
    expect(decide({ ...running, maxInFlight: 100 }, [row("a"), row("b"), row("c")], 2).admit).toHaveLength(2);
  });

  test("admits nothing while paused, and skips what waits after an abort", () => {
    expect(decide({ ...running, state: "paused" }, [row("a")])).toMatchObject({ admit: [], skip: [] });
    expect(decide({ ...running, state: "aborted" }, [row("a"), row("b", { state: "upgrading" })]).skip).toHaveLength(1);
  });

  test("sees when all have ended", () => {
    expect(decide(running, [row("a", { state: "succeeded" }), row("b", { state: "rolledBack" })]).allEnded).toBe(true);
  });

  test("stops when as many have failed or are under way as the budget allows", () => {
    const limited = { ...running, maxInFlight: 10, failureBudget: 3 };
    const failed = [row("a", { state: "rolledBack" }), row("b", { state: "needsHuman" })];
    expect(decide(limited, [...failed, row("c"), row("d")])).toMatchObject({ admit: [row("c")], isExhausted: false });
    expect(decide(limited, [...failed, row("c", { state: "upgrading" }), row("d")])).toMatchObject({
      admit: [],
      isExhausted: false,
    });
    expect(decide(limited, [...failed, row("c", { state: "rolledBack" }), row("d")])).toMatchObject({
      admit: [],
      isExhausted: true,
    });
  });

  test("has a budget of a tenth, at least five", () => {
    expect([1, 50, 51, 2000].map(standardFailureBudget)).toEqual([5, 5, 6, 200]);
  });
});
