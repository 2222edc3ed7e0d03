import { describe, expect, test } from "vitest";
import { advanceCampaign } from "../../../shared/upgrades/campaigns/advance-campaign.ts";
import { recheckAppointments } from "../../../shared/upgrades/dates/recheck-appointments.ts";
import { choiceFor, rescheduleByCustomer, rescheduleByOperator } from "../../../shared/upgrades/dates/reschedule.ts";
import { commandCampaign } from "../../../shared/upgrades/campaigns/campaign-commands.ts";
import { changeBy } from "../../../shared/upgrades/store/store-writes.ts";
import { decide } from "../../../shared/upgrades/core/decide.ts";
import { movedByTimeZone } from "../../../shared/upgrades/core/appointment.ts";
import { DAY, HOUR, NOON, POLICY } from "../../support/upgrades.ts";
import {
  announcedCampaign,
  anOrganisation,
  approvedCampaign,
  APPROVER,
  campaignOf,
  createWorld,
  everything,
  makeCampaign,
  ticks,
  upgradeOf,
  valueOf,
  worldWith,
  type World,
} from "./support.ts";

const OF = { campaignId: "c-1", organisationId: "baker" };
const ANNOUNCED = "2026-12-26T22:00";

async function announced() {
  const world = await worldWith(announcedCampaign, { organisations: [anOrganisation("baker")] });
  expect((await upgradeOf(world, "baker")).appointment?.wallStart).toBe(ANNOUNCED);
  return world;
}

const offered = async (world: World) =>
  valueOf(await choiceFor(world.deps, OF)).options.map(({ wallStart }) => wallStart.slice(0, 10));

const choose = (world: World, revision: number, wallStart: string) =>
  rescheduleByCustomer(world.deps, { ...OF, revision }, wallStart);

describe("a customer", () => {
  test("is offered the next three weeks, and moves its date within them", async () => {
    const world = await announced();
    expect(await offered(world)).toEqual(["2027-01-02", "2027-01-09", "2027-01-16"]);
    const before = ticks(world);
    world.time.now += HOUR;
    expect(await choose(world, 0, "2027-01-09T22:00")).toMatchObject({
      ok: true,
      value: { wallStart: "2027-01-09T22:00", revision: 1, noticeFrom: 0, announcedWall: ANNOUNCED },
    });
    const [place] = await world.store.waitingIn("c-1", "broad", 10);
    expect(place?.start).toBe((await upgradeOf(world, "baker")).appointment?.start);
    const [entry] = await world.store.history("c-1", "baker");
    expect(entry).toMatchObject({ by: "customer:baker", reason: "chosen by the customer" });
    expect(ticks(world)).toBe(before + 1);
    await advanceCampaign(world.deps, "c-1", false);
    expect(world.notified.map(({ upgrade }) => upgrade.appointment?.revision)).toEqual([1]);
    expect((await campaignOf(world)).tallies[0]?.counts).toMatchObject({ waiting: 0, postponed: 1 });
  });

  test("is offered no date before its ring is planned", async () => {
    const world = await createWorld([anOrganisation("alpine"), anOrganisation("baker")]);
    const rings = [
      { ring: "canary", organisations: ["alpine"], soakMs: 21 * DAY },
      { ring: "broad", soakMs: 0 },
    ];
    await announcedCampaign(world, { organisations: [anOrganisation("alpine"), anOrganisation("baker")], rings });
    expect((await upgradeOf(world, "baker")).appointment?.wallStart).toBe("2027-01-23T22:00");
    expect(await offered(world)).toEqual(["2027-01-30", "2027-02-06", "2027-02-13"]);
  });

  test("that asks twice for the same gets the same answer; the link is used up for any other", async () => {
    const world = await announced();
    const first = await choose(world, 0, "2027-01-09T22:00");
    const before = await everything(world.tables);
    expect(await choose(world, 0, "2027-01-09T22:00")).toEqual(first);
    expect(await choose(world, 0, "2027-01-16T22:00")).toEqual({ ok: false, error: { kind: "revised" } });
    expect(await everything(world.tables)).toEqual(before);
    // The link of the change notice is another one.
    expect(await choose(world, 1, "2027-01-16T22:00")).toMatchObject({ ok: true, value: { revision: 2 } });
    expect(await choose(world, 0, "2027-01-09T22:00")).toMatchObject({ error: { kind: "revised" } });
  });

  test.each(["2027-01-23T22:00", "2027-01-09T21:00", ANNOUNCED, "nonsense", ""])(
    "cannot choose %j, which is not offered",
    async (wallStart) => {
      const world = await announced();
      const before = await everything(world.tables);
      expect(await choose(world, 0, wallStart)).toMatchObject({ ok: false, error: { kind: "notOffered" } });
      expect(await everything(world.tables)).toEqual(before);
    },
  );

  test("whose notice was not accepted yet is offered nothing", async () => {
    const world = await announced();
    world.around.accepted.set("baker", []);
    expect(await offered(world)).toEqual([]);
  });

  test("cannot choose what ended, started, has no date or is not announced", async () => {
    const world = await createWorld([anOrganisation("baker")]);
    const refusal = async () => {
      const choice = await choiceFor(world.deps, OF);
      return choice.ok ? "offered" : choice.error.kind;
    };
    expect(await refusal()).toBe("unknown");
    await makeCampaign(world);
    expect(await refusal()).toBe("noDate");
    valueOf(await commandCampaign(world.deps, "c-1", "approve", APPROVER));
    expect(await refusal()).toBe("noDate");
    await advanceCampaign(world.deps, "c-1", false);
    expect(await refusal()).toBe("offered");
    world.registry.delete("baker");
    expect(await refusal()).toBe("unknown");
    world.registry.set("baker", anOrganisation("baker"));
    world.time.now = (await campaignOf(world)).firstStart ?? 0;
    await advanceCampaign(world.deps, "c-1", false);
    expect(await refusal()).toBe("started");
    valueOf(await commandCampaign(world.deps, "c-1", "abort", APPROVER));
    expect(await refusal()).toBe("ended");
  });

  test("of a hotfix has no date to move", async () => {
    const world = await worldWith(approvedCampaign, { organisations: [anOrganisation("baker")], kind: "hotfix" });
    expect(await choose(world, 0, ANNOUNCED)).toEqual({ ok: false, error: { kind: "noDate" } });
  });

  test("that loses a race is told, and nothing is lost", async () => {
    const world = await announced();
    const store = { ...world.store, save: async () => ({ kind: "conflict" }) as const };
    const lost = await rescheduleByCustomer({ ...world.deps, store }, { ...OF, revision: 0 }, "2027-01-09T22:00");
    expect(lost).toEqual({ ok: false, error: { kind: "changedMeanwhile" } });
    const gone = { ...world.store, placeInQueue: async () => undefined };
    const left = await rescheduleByCustomer({ ...world.deps, store: gone }, { ...OF, revision: 0 }, "2027-01-09T22:00");
    expect(left).toEqual({ ok: false, error: { kind: "changedMeanwhile" } });
    expect((await upgradeOf(world, "baker")).appointment?.revision).toBe(0);
  });
});

describe("an operator", () => {
  const move = (world: World, wallStart: string, options = {}) =>
    rescheduleByOperator(world.deps, OF, wallStart, APPROVER, options);

  test("who moves within the offer does so for the customer", async () => {
    const world = await announced();
    const moved = await move(world, "2027-01-09T22:00");
    expect(moved).toMatchObject({ value: { upgrade: { appointment: { revision: 1, noticeFrom: 0 } } } });
    const [entry] = await world.store.history("c-1", "baker");
    expect(entry).toMatchObject({ by: "tool:operator-b", reason: "moved by an operator" });
  });

  test("who moves beyond it has the customer told anew, four weeks before", async () => {
    const world = await announced();
    const moved = await move(world, "2027-03-06T22:00");
    expect(moved).toMatchObject({
      value: { upgrade: { appointment: { wallStart: "2027-03-06T22:00", revision: 1, noticeFrom: 1, missed: 0 } } },
    });
    // From now on the customer chooses around that.
    world.around.accepted.set("baker", [{ sequence: 1, acceptedAt: NOON + DAY }]);
    expect(await offered(world)).toEqual(["2027-02-27", "2027-03-13", "2027-03-20", "2027-03-27"]);
  });

  test.each([
    ["2027-03-06T21:00", "no maintenance window opens"],
    ["2027-03-05T22:00", "no maintenance window opens"],
    ["nonsense", "must be a local date and time"],
    ["2027-02-30T22:00", "must be a local date and time"],
    ["2026-12-19T22:00", "can be announced 28 days ahead any more"],
    ["2026-11-21T22:00", "no maintenance window opens"],
  ])("cannot move it to %s", async (wallStart, reason) => {
    const world = await announced();
    const before = await everything(world.tables);
    const refused = await move(world, wallStart);
    expect(refused).toMatchObject({ ok: false, error: { kind: "notOffered" } });
    expect(!refused.ok && refused.error.kind === "notOffered" && refused.error.reason).toContain(reason);
    expect(await everything(world.tables)).toEqual(before);
  });

  test("who only looks, or looked before it changed, changes nothing", async () => {
    const world = await announced();
    const before = await everything(world.tables);
    expect(await move(world, "2027-01-09T22:00", { dryRun: true })).toMatchObject({
      value: { upgrade: { appointment: { revision: 1 } } },
    });
    expect(await move(world, "2027-01-09T22:00", { ifMatch: "another" })).toEqual({
      ok: false,
      error: { kind: "changedMeanwhile" },
    });
    expect(await everything(world.tables)).toEqual(before);
  });
});

describe("the daily recheck", () => {
  const freeze = (world: World) => {
    world.around.freezes = [
      {
        freezeId: "christmas",
        reason: "r",
        scope: { kind: "organisation", organisationId: "baker" },
        period: { kind: "yearly", zone: "Europe/Berlin", from: "12-20", to: "01-06" },
      },
    ];
  };

  test("finds nothing where nothing has changed", async () => {
    const world = await announced();
    const before = await everything(world.tables);
    expect(await recheckAppointments(world.deps)).toBe(0);
    expect(await everything(world.tables)).toEqual(before);
  });

  test("moves a date that a freeze has made impossible, announces it anew, and does so once", async () => {
    const world = await announced();
    freeze(world);
    expect(await recheckAppointments(world.deps)).toBe(1);
    const { appointment } = await upgradeOf(world, "baker");
    expect(appointment).toMatchObject({ wallStart: "2027-01-09T22:00", revision: 1, noticeFrom: 1, missed: 1 });
    expect(await recheckAppointments(world.deps)).toBe(0);
    expect(await world.store.waitingIn("c-1", "broad", 10)).toMatchObject([{ start: appointment?.start }]);
    await advanceCampaign(world.deps, "c-1", false);
    expect(world.notified.map(({ entry }) => entry.reason)).toEqual([
      "no upgrades are allowed in its maintenance window any more",
    ]);
  });

  test("keeps the wall time where clock rules have changed", async () => {
    const world = await announced();
    const stored = await world.store.readUpgrade("c-1", "baker");
    const right = stored?.upgrade.appointment;
    if (stored === undefined || right === undefined) throw new Error("There is no date.");
    // As if it had been stored under other rules.
    const wrong = { ...movedByTimeZone(right, right.start - HOUR, right.end - HOUR), revision: 0 };
    const event = { kind: "appointed", appointment: wrong, reason: "r" } as const;
    const decision = valueOf(decide(stored.upgrade, event, { now: NOON, by: "test", policy: POLICY }));
    await world.store.save(changeBy(stored, decision, await world.store.placeInQueue(stored.upgrade)));
    expect(await recheckAppointments(world.deps)).toBe(1);
    expect((await upgradeOf(world, "baker")).appointment).toMatchObject({
      wallStart: ANNOUNCED,
      start: right.start,
      end: right.end,
      revision: 1,
      noticeFrom: 0,
      previousStart: wrong.start,
    });
  });

  test("leaves out whom no date is left for; after three that were not kept there is none", async () => {
    const world = await announced();
    freeze(world);
    world.registry.delete("baker");
    expect(await recheckAppointments(world.deps)).toBe(1);
    expect(await upgradeOf(world, "baker")).toMatchObject({
      state: "skipped",
      failure: "no upgrades are allowed in its maintenance window any more; it is not in the registry",
    });
  });

  test.each([
    [120, "scheduled"],
    [119, "skipped"],
  ])("finds no date in a window that leaves no time to roll back: %i minutes", async (durationMinutes, state) => {
    const world = await announced();
    freeze(world);
    const baker = anOrganisation("baker");
    world.registry.set("baker", { ...baker, maintenanceWindow: { ...baker.maintenanceWindow, durationMinutes } });
    world.around.need = { upgradeMs: HOUR, rollBackMs: HOUR };
    expect(await recheckAppointments(world.deps)).toBe(1);
    expect((await upgradeOf(world, "baker")).state).toBe(state);
  });

  test("leaves alone what is not announced, is aborted, or has no dates", async () => {
    const world = await worldWith(approvedCampaign, { organisations: [anOrganisation("baker")] });
    freeze(world);
    expect(await recheckAppointments(world.deps)).toBe(0);
    valueOf(await commandCampaign(world.deps, "c-1", "abort", APPROVER));
    expect(await recheckAppointments(world.deps)).toBe(0);
    const hotfix = await createWorld([anOrganisation("baker")]);
    await announcedCampaign(hotfix, { kind: "hotfix" });
    freeze(hotfix);
    expect(await recheckAppointments(hotfix.deps)).toBe(0);
  });
});
