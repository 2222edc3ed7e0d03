import { describe, expect, test } from "vitest";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { commandCampaign, type CampaignCommand } from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { previewCampaign, previewUpgrade } from "../../../shared/upgrades/upgrade/preview.ts";
import { commandUpgrade, type UpgradeCommand } from "../../../shared/upgrades/upgrade/upgrade-commands.ts";
import { BERLIN_NIGHT, HOUR, NOON } from "../../support/upgrades.ts";
import {
  announcedCampaign,
  approvedCampaign,
  APPROVER,
  createWorld,
  everything,
  makeCampaign,
  SECOND_APPROVER,
  SUCCEEDS,
  take,
  upgradeOf,
  valueOf,
  worldWith,
  type World,
} from "./support.ts";

const ADMITTED = { kind: "admitted", turnBackAt: NOON + 2 * HOUR, backOnlineBy: NOON + 4 * HOUR } as const;

const foreseeing = (world: World) => ({
  ...world.deps,
  wasNotified: async ({ organisationId }: { readonly organisationId: string }) =>
    world.notices.some((notice) => notice.organisationId === organisationId),
});

/** Organisation, effect and kinds of notices, and that looking changed nothing. */
async function foresee(world: World, verb: CampaignCommand, actor = APPROVER, openRing?: string) {
  const before = await everything(world.tables);
  const { campaign } = valueOf(await commandCampaign(world.deps, "c-1", verb, actor, { dryRun: true, openRing }));
  const foreseen = await previewCampaign(foreseeing(world), campaign, verb);
  expect(await everything(world.tables)).toEqual(before);
  return foreseen.map(({ upgrade, effect, notices }) =>
    [upgrade.organisationId, effect, ...notices.map(({ kind }) => kind)].join(" "),
  );
}

describe("what a verb would bring to a campaign:", () => {
  test("the last approval has everybody told, one before it nobody", async () => {
    const world = await worldWith(makeCampaign);
    expect(await foresee(world, "approve")).toEqual(
      ["org-000", "org-001", "org-002"].map((id) => `${id} announced announcement reminder7 reminder1`),
    );
    const urgent = await createWorld();
    await makeCampaign(urgent, { kind: "hotfix" });
    expect(await foresee(urgent, "approve")).toEqual(["org-000 held", "org-001 held", "org-002 held"]);
    valueOf(await commandCampaign(urgent.deps, "c-1", "approve", APPROVER));
    expect(await foresee(urgent, "approve", SECOND_APPROVER)).toEqual(
      ["org-000", "org-001", "org-002"].map((id) => `${id} announced hotfix`),
    );
  });

  test("abort cancels what was announced, and lets those under way go on", async () => {
    const world = await worldWith(announcedCampaign);
    await take(world, "org-000", [ADMITTED]);
    await take(world, "org-001", [ADMITTED, ...SUCCEEDS]);
    expect(await foresee(world, "abort")).toEqual(["org-000 goesOn", "org-002 skipped cancellation"]);
  });

  test("abort of a draft cancels nothing: nobody was told", async () => {
    const world = await worldWith(makeCampaign);
    expect(await foresee(world, "abort")).toEqual(["org-000 skipped", "org-001 skipped", "org-002 skipped"]);
  });

  test("pause holds whoever waits; resume lets those of the open rings start", async () => {
    const world = await worldWith(announcedCampaign);
    expect(await foresee(world, "pause")).toEqual(["org-000 held", "org-001 held", "org-002 held"]);
    valueOf(await commandCampaign(world.deps, "c-1", "pause", APPROVER));
    expect(await foresee(world, "resume")).toEqual(["org-000 mayStart", "org-001 held", "org-002 held"]);
    expect(await foresee(world, "resume", APPROVER, "early")).toEqual([
      "org-000 mayStart",
      "org-001 mayStart",
      "org-002 held",
    ]);
  });
});

describe("what a verb would tell the customer of one upgrade:", () => {
  const told = async (world: World, verb: UpgradeCommand) => {
    const of = { campaignId: "c-1", organisationId: "org-000" };
    const steered = valueOf(await commandUpgrade(world.deps, of, verb, APPROVER, { dryRun: true }));
    return previewUpgrade(foreseeing(world), steered.upgrade);
  };

  test("skip cancels, if it was announced", async () => {
    const world = await worldWith(approvedCampaign);
    expect(await told(world, "skip")).toEqual([]);
    await advanceCampaign(world.deps, "c-1", false);
    expect(await told(world, "skip")).toMatchObject([{ kind: "cancellation" }]);
  });

  test("the way back ends with one notice, at a time that nobody knows yet", async () => {
    const world = await worldWith(announcedCampaign);
    await take(world, "org-000", [ADMITTED]);
    expect(await told(world, "force-roll-back")).toEqual([{ kind: "rollBack" }]);
  });

  test("another date is told, and reminded of", async () => {
    const world = await worldWith(announcedCampaign);
    const appointment = { ...BERLIN_NIGHT, revision: 1 };
    const notices = await previewUpgrade(foreseeing(world), { ...(await upgradeOf(world, "org-000")), appointment });
    expect(notices.map(({ kind }) => kind)).toEqual(["change", "reminder7", "reminder1"]);
  });
});
