import { describe, expect, test } from "vitest";
import {
  approve,
  CAMPAIGN_MOVES,
  CAMPAIGN_STATES,
  campaignSchema,
  closeCampaign,
  CREATION_LIMIT_MS,
  holdsOrganisations,
  isOpen,
  hasNews,
  moveCampaign,
  pauseBecause,
  standardFailureBudget,
  type Campaign,
} from "../../../shared/upgrades/core/campaign.ts";
import { aCampaign, HOUR, NOON } from "../../support/upgrades.ts";

function approvedBy(campaign: Campaign, ...people: readonly string[]): Campaign {
  return people.reduce((before, by) => {
    const after = approve(before, by, NOON);
    if (!after.ok) throw new Error(JSON.stringify(after.error));
    return after.value;
  }, campaign);
}

describe("approval", () => {
  test("of an upgrade takes one named approver, of a hotfix two", () => {
    const upgrade = approvedBy(aCampaign({ kind: "upgrade" }), "tool:operator-b");
    expect(upgrade).toMatchObject({ state: "approved", sequence: 1, approvals: [{ by: "tool:operator-b", at: NOON }] });
    const first = approvedBy(aCampaign(), "tool:operator-b");
    expect(first).toMatchObject({ state: "draft", sequence: 0 });
    expect(approvedBy(first, "tool:operator-c")).toMatchObject({ state: "approved", sequence: 1 });
  });

  test("counts each person once", () => {
    const first = approvedBy(aCampaign(), "tool:operator-b");
    expect(approve(first, "tool:operator-b", NOON)).toEqual({
      ok: false,
      error: { kind: "alreadyApproved", by: "tool:operator-b" },
    });
  });

  test.each(["tool:operator-a", "tool:somebody", ""])("is not for %j, who is not named", (by) => {
    expect(approve(aCampaign(), by, NOON)).toEqual({
      ok: false,
      error: { kind: "notAnApprover", approvers: ["tool:operator-b", "tool:operator-c"] },
    });
  });

  test.each(CAMPAIGN_STATES.filter((state) => state !== "draft"))("is refused when it is %s", (state) => {
    const refusal = { ok: false, error: { kind: "wrongState", state } };
    expect(approve(aCampaign({ state }), "tool:operator-b", NOON)).toEqual(refusal);
  });
});

describe("the moves of a campaign", () => {
  const targets = ["draft", "approved", "announcing", "running", "paused", "aborted"] as const;

  test.each(CAMPAIGN_STATES.flatMap((from) => targets.map((to) => ({ from, to }))))("$from -> $to", ({ from, to }) => {
    const moved = moveCampaign(aCampaign({ state: from, sequence: 4 }), to, NOON);
    const allowed: readonly string[] = CAMPAIGN_MOVES[from];
    if (allowed.includes(to)) expect(moved).toMatchObject({ ok: true, value: { state: to, sequence: 5 } });
    else expect(moved).toEqual({ ok: false, error: { kind: "wrongState", state: from } });
  });

  test("a campaign has started when it runs for the first time", () => {
    const started = moveCampaign(aCampaign({ state: "announcing" }), "running", NOON);
    expect(started).toMatchObject({ value: { startedAt: NOON } });
    const again = moveCampaign(aCampaign({ state: "paused", startedAt: NOON }), "running", NOON + HOUR);
    expect(again).toMatchObject({ value: { startedAt: NOON } });
    const aborted = moveCampaign(aCampaign({ state: "draft" }), "aborted", NOON);
    expect(aborted.ok && aborted.value).not.toHaveProperty("startedAt");
  });

  test("one that paused itself says why until it is resumed, and then is judged afresh", () => {
    const paused = pauseBecause(aCampaign({ state: "running", heldSince: NOON, sleepsUntil: NOON }), "it is bad");
    expect(paused).toMatchObject({ state: "paused", sequence: 1, pausedBecause: "it is bad" });
    const resumed = moveCampaign(paused, "running", NOON);
    if (!resumed.ok) throw new Error("refused");
    for (const gone of ["pausedBecause", "heldSince", "sleepsUntil"]) expect(resumed.value).not.toHaveProperty(gone);
  });
});

describe("the end", () => {
  test.each(["running", "paused"] as const)("one that is %s is completed", (state) => {
    const closed = closeCampaign(aCampaign({ state, sequence: 2 }), NOON);
    expect(closed).toMatchObject({ state: "completed", sequence: 3, endedAt: NOON });
  });

  test("an aborted one ends once, and nobody is told a second time", () => {
    const closed = closeCampaign(aCampaign({ state: "aborted", sequence: 2 }), NOON);
    expect(closed).toMatchObject({ state: "aborted", sequence: 2, endedAt: NOON });
    expect(closeCampaign(aCampaign({ state: "aborted", endedAt: NOON }), NOON + HOUR)).toBeUndefined();
  });

  test.each(["creating", "draft", "approved", "announcing", "completed"] as const)("one that is %s stays", (state) => {
    expect(closeCampaign(aCampaign({ state }), NOON)).toBeUndefined();
  });

  test("its organisations are free when it has ended; one left in creation holds them only for a while", () => {
    expect(holdsOrganisations(aCampaign({ state: "creating" }), NOON + CREATION_LIMIT_MS - 1)).toBe(true);
    expect(holdsOrganisations(aCampaign({ state: "creating" }), NOON + CREATION_LIMIT_MS)).toBe(false);
    expect(holdsOrganisations(aCampaign({ state: "draft" }), NOON + 9 * CREATION_LIMIT_MS)).toBe(true);
    expect(holdsOrganisations(aCampaign({ state: "aborted" }), NOON)).toBe(true);
    expect(holdsOrganisations(aCampaign({ state: "completed", endedAt: NOON }), NOON)).toBe(false);
  });
});

describe("what the coordinator has to do", () => {
  test.each([
    ["creating", false],
    ["draft", false],
    ["approved", true],
    ["announcing", true],
    ["running", true],
    ["paused", true],
    ["aborted", true],
  ] as const)("%s: %s", (state, expected) => {
    expect(isOpen(aCampaign({ state }))).toBe(expected);
  });

  test("an ended one is open until others were told of its end", () => {
    const ended = aCampaign({ state: "completed", endedAt: NOON, sequence: 5, notifiedSequence: 4 });
    expect(hasNews(ended)).toBe(true);
    expect(isOpen(ended)).toBe(true);
    expect(isOpen({ ...ended, notifiedSequence: 5 })).toBe(false);
  });
});

test("the standard budget is a tenth, at least five", () => {
  expect([1, 50, 51, 2000].map(standardFailureBudget)).toEqual([5, 5, 6, 200]);
});

test("a row that counts below zero, or has no budget, is refused", () => {
  expect(campaignSchema.safeParse(aCampaign()).success).toBe(true);
  expect(campaignSchema.safeParse(aCampaign({ failureBudget: 0 })).success).toBe(false);
  const [tally] = aCampaign().tallies;
  if (tally === undefined) throw new Error("no tally");
  const broken = [{ ...tally, counts: { ...tally.counts, waiting: -1 } }];
  expect(campaignSchema.safeParse(aCampaign({ tallies: broken })).success).toBe(false);
});
