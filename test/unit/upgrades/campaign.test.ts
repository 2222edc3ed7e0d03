import { describe, expect, test } from "vitest";
import { decideAdmission } from "../../../shared/upgrades/core/admission.ts";
import {
  approve,
  closeCampaign,
  CREATION_LIMIT_MS,
  holdsOrganisations,
  isOpen,
  moveCampaign,
} from "../../../shared/upgrades/core/campaign.ts";
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

describe("admission", () => {
  const row = (organisationId: string, changes = {}) => ({ upgrade: anUpgrade({ organisationId, ...changes }) });
  const running = aCampaign({ state: "running", maxInFlight: 2 });

  test("lets canary go first, then by organisation id, as many as there is room for", () => {
    const rows = [row("b"), row("a"), row("z", { ring: "canary" }), row("y", { ring: "elsewhere" })];
    expect(decideAdmission(running, rows, 49).admit.map((item) => item.upgrade.organisationId)).toEqual(["z", "a"]);
  });

  test("counts what is under way and what waits for a human", () => {
    const rows = [row("a", { state: "upgrading" }), row("b", { state: "needsHuman" }), row("c")];
    expect(decideAdmission(running, rows, 49)).toMatchObject({ admit: [], allEnded: false });
  });

  test("is bounded by the batch", () => {
    expect(decideAdmission({ ...running, maxInFlight: 100 }, [row("a"), row("b"), row("c")], 2).admit).toHaveLength(2);
  });

  test("admits nothing while paused, and skips what waits after an abort", () => {
    expect(decideAdmission({ ...running, state: "paused" }, [row("a")], 49)).toMatchObject({ admit: [], skip: [] });
    expect(
      decideAdmission({ ...running, state: "aborted" }, [row("a"), row("b", { state: "upgrading" })], 49).skip,
    ).toHaveLength(1);
  });

  test("sees when all have ended", () => {
    expect(
      decideAdmission(running, [row("a", { state: "succeeded" }), row("b", { state: "rolledBack" })], 49).allEnded,
    ).toBe(true);
  });
});
