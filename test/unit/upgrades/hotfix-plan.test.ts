import { describe, expect, test } from "vitest";
import { newCampaignBody } from "../../../shared/upgrades/campaigns/api.ts";
import { viewPlan } from "../../../shared/upgrades/campaigns/campaign-view.ts";
import { tryCampaign } from "../../../shared/upgrades/campaigns/create-campaign.ts";
import { HOUR, MINUTE, NOON } from "../../support/upgrades.ts";
import { aRequest, createWorld, NEW, someOrganisations, valueOf } from "./support.ts";

describe("the plan of a hotfix", () => {
  test("says how many cannot be told in time, when the last one is told, and when each would have its turn", async () => {
    const world = await createWorld(someOrganisations(300));
    world.around.need = {
      upgradeMs: HOUR,
      rollBackMs: HOUR,
      fastestMs: MINUTE,
      usualMs: 2 * MINUTE,
      averageMs: 2 * MINUTE,
    };
    const request = aRequest(world, {
      kind: "hotfix",
      standardSoakMs: 0,
      maxInFlight: 50,
      failureBudget: 50,
      stampFailureBudget: 50,
    });
    const plan = viewPlan(valueOf(await tryCampaign({ ...world.deps, noticeWaitMs: 15 * MINUTE }, request, "tool:x")));
    // 100 mails an hour, and all but the first hundred have their turn within half an hour.
    expect(plan.notices).toEqual({
      count: 300,
      late: 200,
      lastAcceptedAt: new Date(NOON + 123 * MINUTE).toISOString(),
    });
    expect(plan.organisations[0]?.expected).toEqual({
      from: new Date(NOON).toISOString(),
      until: new Date(NOON + 2 * HOUR).toISOString(),
    });
    expect(plan.organisations.at(-1)?.expected?.from).not.toBe(plan.organisations[0]?.expected?.from);
  });

  test("that everybody can be told of says so", async () => {
    const world = await createWorld();
    const plan = viewPlan(valueOf(await tryCampaign(world.deps, aRequest(world, { kind: "hotfix" }), "tool:x")));
    expect(plan.notices).toMatchObject({ count: 3, late: 0 });
    expect(plan.notices).not.toHaveProperty("approveBy");
  });
});

describe("the reason of a hotfix", () => {
  const text = "Ein Fehler kann Dokumente unauffindbar machen.";
  const parse = (changes: object) =>
    newCampaignBody.safeParse({
      kind: "hotfix",
      version: NEW,
      organisations: "all",
      reason: { de: text, en: text },
      ...changes,
    });

  test("is needed in both languages, and only for a hotfix", () => {
    expect(parse({}).success).toBe(true);
    expect(parse({ reason: undefined }).success).toBe(false);
    expect(parse({ reason: { de: text } }).success).toBe(false);
    expect(parse({ reason: { de: text, en: text, fr: text } }).success).toBe(false);
    expect(parse({ kind: "upgrade" }).success).toBe(false);
    expect(parse({ kind: "upgrade", reason: undefined }).success).toBe(true);
  });

  test.each([
    "",
    "too short",
    "          ",
    "0123456789",
    ` ${text}`,
    `${text}\n`,
    "Two lines.\r\nBcc: somebody@example.com",
    "Nothing\u0000 to see here.",
    "Turned \u202Earound here.",
    "\u200B\u200B\u200B\u200B\u200B\u200B\u200B\u200B\u200B\u200B\u200B",
    "half a pair \ud83d here",
    "x".repeat(501),
  ])("cannot be %j", (bad) => {
    expect(parse({ reason: { de: bad, en: text } }).success).toBe(false);
  });

  test("may be of any language and as long as a paragraph", () => {
    for (const good of ["Größere Störung beim Ablegen 😀.", "文書が見つからないことがあります。", "x".repeat(500)]) {
      expect(parse({ reason: { de: good, en: text } }).success).toBe(true);
    }
  });
});
