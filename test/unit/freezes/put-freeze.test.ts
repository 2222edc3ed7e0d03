import { describe, expect, test } from "vitest";
import { putFreeze, tryFreeze } from "../../../shared/freezes/put-freeze.ts";
import { checkAvailability } from "../../../shared/kernel/time/availability.ts";
import { windowOf } from "../../../shared/organisations/organisation.ts";
import { fleet } from "../../../local/fleet.ts";
import { createWorld, freeze, NOW, once, organisationOf, yearly } from "./support.ts";
import { FREEZES_TABLE } from "../../../shared/freezes/resources.ts";

const YEAR_END = yearly("12-15", "01-06");
/** The whole of summer: nobody can be upgraded. */
const SUMMER = yearly("05-01", "08-31");

describe("putFreeze", () => {
  test("enters, replaces by etag, and takes the same again as it is", async () => {
    const world = await createWorld(20);
    const first = await putFreeze(world, freeze(YEAR_END), undefined);
    expect(first).toMatchObject({ ok: true, value: { created: true } });
    const etag = first.ok ? first.value.etag : "";
    expect(await putFreeze(world, freeze(YEAR_END), undefined)).toEqual({
      ok: true,
      value: { freeze: freeze(YEAR_END), etag, created: false },
    });
    const longer = freeze(yearly("12-10", "01-06"));
    expect(await putFreeze(world, longer, undefined)).toEqual({ ok: false, error: { kind: "etagNeeded" } });
    expect(await putFreeze(world, longer, "old")).toEqual({ ok: false, error: { kind: "changedMeanwhile" } });
    expect(await putFreeze(world, longer, etag)).toMatchObject({ ok: true, value: { created: false } });
    // Its answer was lost: the repetition with the etag of before is answered as the first time.
    expect(await putFreeze(world, longer, etag)).toMatchObject({ ok: true, value: { freeze: longer } });
    expect(await world.freezes.all()).toEqual([longer]);
  });

  test("refuses what leaves organisations without windows: how many, the first ten, and why", async () => {
    const world = await createWorld(30);
    const put = await putFreeze(world, freeze(SUMMER), undefined);
    expect(put).toMatchObject({ ok: false, error: { kind: "tooFewWindows", count: 30, checked: 30 } });
    const shown = put.ok || put.error.kind !== "tooFewWindows" ? [] : put.error.first;
    const ids = fleet(30).map(({ organisationId }) => organisationId);
    expect(shown.map(({ organisationId }) => organisationId)).toEqual(ids.toSorted().slice(0, 10));
    expect(shown[0]?.message).toContain("freezes leave ");
    expect(await world.freezes.all()).toEqual([]);
  });

  test("names exactly those that the exact rule refuses", async () => {
    const world = await createWorld(40);
    const twoMonths = freeze(yearly("12-20", "02-05"));
    const expected = fleet(40)
      .map(organisationOf)
      .filter((one) => !checkAvailability(windowOf(one), [twoMonths], NOW).ok);
    expect(expected.map((one) => one.maintenanceWindow.kind)).toContain("monthly");
    expect(expected.length).toBeLessThan(40);
    const tried = await tryFreeze(world, twoMonths, undefined);
    expect(tried).toMatchObject({ ok: false, error: { count: expected.length, checked: 40 } });
  });

  test("counts the other freezes as well: each alone is harmless, both together are not", async () => {
    const world = await createWorld(20);
    expect(await putFreeze(world, freeze(yearly("06-01", "07-15"), undefined, "a"), undefined)).toMatchObject({
      ok: true,
    });
    const second = freeze(yearly("07-16", "08-12"), undefined, "b");
    expect(await tryFreeze(await createWorld(20), second, undefined)).toMatchObject({ ok: true });
    expect(await putFreeze(world, second, undefined)).toMatchObject({ ok: false, error: { kind: "tooFewWindows" } });
  });

  test("loses when another freeze was entered while it was being checked", async () => {
    const world = await createWorld(20);
    const other = freeze(yearly("07-16", "08-12"), undefined, "b");
    const picture = async () => {
      const seen = await world.freezes.picture();
      expect(await putFreeze(world, other, undefined)).toMatchObject({ ok: true });
      return seen;
    };
    const overtaken = { ...world, freezes: { ...world.freezes, picture } };
    const put = await putFreeze(overtaken, freeze(yearly("06-01", "07-15"), undefined, "a"), undefined);
    expect(put).toEqual({ ok: false, error: { kind: "overtaken" } });
    expect(await world.freezes.all()).toEqual([other]);
  });

  test("only looks at the organisations in its scope", async () => {
    const world = await createWorld(20);
    const [one] = fleet(1).map(organisationOf);
    const mine = { kind: "organisation" as const, organisationId: one?.organisationId ?? "" };
    expect(await tryFreeze(world, freeze(YEAR_END, mine), undefined)).toMatchObject({ value: { checked: 1 } });
    expect(await tryFreeze(world, freeze(SUMMER, mine), undefined)).toMatchObject({ error: { count: 1, checked: 1 } });
    const stamp = { kind: "stamp" as const, stamp: "us-1" };
    const american = fleet(20).filter((member) => member.stamp === "us-1").length;
    expect(await tryFreeze(world, freeze(YEAR_END, stamp), undefined)).toMatchObject({ value: { checked: american } });
  });

  test.each([[{ kind: "organisation", organisationId: "nobody" }], [{ kind: "stamp", stamp: "moon-1" }]] as const)(
    "refuses a scope in which nobody is: %j",
    async (scope) => {
      const world = await createWorld(2);
      expect(await putFreeze(world, freeze(YEAR_END, scope), undefined)).toEqual({
        ok: false,
        error: { kind: "nobodyInScope" },
      });
    },
  );

  test.each([
    [once("2026-12-01T00:00", "2027-01-10T12:00"), "is over"],
    [once("2047-01-01T00:00", "2047-01-02T00:00"), "at most 10 years ahead"],
  ])("refuses a period out of reach: %j", async (period, message) => {
    const world = await createWorld(2);
    const put = await putFreeze(world, freeze(period), undefined);
    expect(put).toMatchObject({ ok: false, error: { kind: "outOfReach" } });
    expect(JSON.stringify(put)).toContain(message);
  });

  test("a dry run writes nothing", async () => {
    const world = await createWorld(5);
    expect(await tryFreeze(world, freeze(YEAR_END), undefined)).toMatchObject({ ok: true, value: { checked: 5 } });
    expect(await world.freezes.all()).toEqual([]);
  });

  test("lets other work have its turn, and gives up after a minute", async () => {
    const world = await createWorld(20);
    let time = NOW;
    for (const [readMs, waits] of [
      [50, 10],
      [51, 20],
    ] as const) {
      world.waits.count = 0;
      const slow = { ...world, clock: { now: () => (time += readMs) } };
      expect(await tryFreeze(slow, freeze(YEAR_END), undefined)).toMatchObject({ ok: true });
      expect(world.waits.count).toBe(waits);
    }
    const tooSlow = { ...world, clock: { now: () => (time += 10_000) } };
    expect(await tryFreeze(tooSlow, freeze(YEAR_END), undefined)).toEqual({
      ok: false,
      error: { kind: "tooMuchToCheck" },
    });
  });

  test("there are at most 1,000", async () => {
    const world = await createWorld(1);
    const one = freeze(YEAR_END);
    const table = world.tables.table(FREEZES_TABLE);
    const insert = async (freezeId: string) => {
      const cells = {
        freezeId,
        reason: one.reason,
        scope: JSON.stringify(one.scope),
        period: JSON.stringify(one.period),
      };
      await table.insert({ partition: "freezes", row: `f|${freezeId}` }, cells);
    };
    for (let n = 0; n < 1000; n++) await insert(`f-${n}`);
    expect(await putFreeze(world, freeze(YEAR_END, undefined, "more"), undefined)).toMatchObject({
      error: { kind: "tooMany" },
    });
    expect((await world.freezes.all()).length).toBe(1000);
    await insert("more");
    await expect(world.freezes.all()).rejects.toThrow("more than 1000 freezes");
  });
});
