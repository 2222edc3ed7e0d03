import { describe, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { audited } from "../../../shared/platform/audit-log.ts";
import type { Table, Tables } from "../../../shared/platform/tables/tables.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { act, createWorld, DAY, NOON } from "./support.ts";

/** The n-th insert (from 1) throws, before or after it has taken effect. */
function failingInserts(fails: ReadonlyMap<number, { readonly error: Error; readonly isWritten: boolean }>) {
  let inserts = 0;
  return (tables: Tables): Tables => ({
    ...tables,
    table(name) {
      const table = tables.table(name);
      const guarded: Table = {
        ...table,
        async insert(key, cells) {
          inserts += 1;
          const failure = fails.get(inserts);
          if (failure === undefined) return table.insert(key, cells);
          if (failure.isWritten) await table.insert(key, cells);
          throw failure.error;
        },
      };
      return guarded;
    },
  });
}

const lost = (isWritten: boolean) => ({ error: new TransientFailure("no answer"), isWritten });

describe("acting under audit", () => {
  test("appends the intent before and the outcome after", async () => {
    const world = await createWorld();
    const result = await audited(world, act(), async () => {
      expect((await world.list()).items).toMatchObject([{ at: NOON }]);
      expect((await world.list()).items[0]?.outcome).toBeUndefined();
      world.time.now += 5;
      return "done";
    });
    expect(result).toBe("done");
    expect((await world.list()).items).toEqual([
      {
        entryId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        at: NOON,
        actor: "tool:operator-a",
        action: "pause-campaign",
        target: { campaignId: "c-1" },
        details: {},
        traceId: "trace-1",
        outcome: "succeeded",
        concludedAt: NOON + 5,
      },
    ]);
  });

  test("a customer acts under the name of the organisation", async () => {
    const world = await createWorld();
    await audited(world, act({ actor: { kind: "customer", organisationId: "alpine" } }), async () => undefined);
    expect((await world.list()).items).toMatchObject([{ actor: "customer:alpine" }]);
  });

  test("no intent, no act", async () => {
    const fails = new Map([
      [1, lost(false)],
      [2, lost(false)],
    ]);
    const world = await createWorld(memoryTables(), failingInserts(fails));
    const call = audited(world, act(), () => expect.fail("acted"));
    await expect(call).rejects.toThrow(TransientFailure);
    await expect(call).rejects.toThrow("nothing was done");
    expect((await world.list()).items).toEqual([]);
    expect(world.log.entries).toMatchObject([{ level: "error", event: "audit.intentLost" }]);
  });

  test("no act either when the log refuses for good", async () => {
    const world = await createWorld(
      memoryTables(),
      failingInserts(new Map([[1, { error: new PermanentFailure("no access"), isWritten: false }]])),
    );
    await expect(audited(world, act(), () => expect.fail("acted"))).rejects.toThrow(TransientFailure);
  });

  test("is not tried again at once, and says when, while the storage asks for a pause", async () => {
    const busy = { error: new TransientFailure("busy", { retryAfterMs: 7000 }), isWritten: false };
    const world = await createWorld(memoryTables(), failingInserts(new Map([[1, busy]])));
    await expect(audited(world, act(), () => expect.fail("acted"))).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  test.each([true, false])("an intent whose answer was lost is written once (written: %s)", async (isWritten) => {
    const world = await createWorld(memoryTables(), failingInserts(new Map([[1, lost(isWritten)]])));
    expect(await audited(world, act(), async () => 7)).toBe(7);
    expect((await world.list()).items).toMatchObject([{ outcome: "succeeded" }]);
  });

  test("an outcome that is lost is logged, the answer stands and the entry says unknown", async () => {
    const fails = new Map([
      [2, lost(false)],
      [3, lost(false)],
    ]);
    const world = await createWorld(memoryTables(), failingInserts(fails));
    expect(await audited(world, act(), async () => 7)).toBe(7);
    const [entry] = (await world.list()).items;
    expect(entry).not.toHaveProperty("outcome");
    expect(world.log.entries).toMatchObject([
      { level: "error", event: "audit.outcomeLost", fields: { entryId: entry?.entryId, traceId: "trace-1" } },
    ]);
  });

  test("what is thrown stays the same, the entry names its kind and not its message", async () => {
    const world = await createWorld();
    const broken = new RangeError("secret detail");
    await expect(audited(world, act(), () => Promise.reject(broken))).rejects.toBe(broken);
    const { items } = await world.list();
    expect(items).toMatchObject([{ outcome: "failed", code: "RangeError" }]);
    expect(JSON.stringify(items)).not.toContain("secret detail");
  });

  test("a result may mean a refusal", async () => {
    const world = await createWorld();
    const outcome = { kind: "refused", code: "wrongState", status: 409 } as const;
    await audited(world, act(), async () => "no", { ofResult: () => outcome });
    expect((await world.list()).items).toMatchObject([{ outcome: "refused", code: "wrongState", status: 409 }]);
  });

  test("secrets and what is long do not get into the log", async () => {
    const world = await createWorld();
    const body = {
      url: "https://user:pass@hooks.example/x",
      clientSecret: "hidden-1",
      nested: [{ Password: "hidden-2", note: "n".repeat(5000) }],
      many: Array.from({ length: 10_000 }, (_, n) => n),
      half: "\ud800",
    };
    const target = { token: "hidden-3", organisationId: "alpine" };
    await audited(world, act({ target, details: { body } }), async () => undefined);
    const [entry] = (await world.list()).items;
    expect(entry?.target).toEqual({ token: "[removed]", organisationId: "alpine" });
    expect(entry?.details["body"]?.length).toBeLessThanOrEqual(2000);
    expect(JSON.parse(entry?.details["body"] ?? "")).toMatchObject({
      url: "https://[removed]@hooks.example/x",
      clientSecret: "[removed]",
      nested: [{ Password: "[removed]" }],
      many: expect.arrayContaining([0, "[9950 more]"]),
    });
    expect(JSON.stringify(entry)).not.toMatch(/hidden|pass@/);
  });

  test.each([
    ["deep", Array.from({ length: 10_000 }).reduce<unknown>((inner) => [inner], 1)],
    ["wide", Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`name-${n}`, "x".repeat(900)]))],
    ["with pairs of surrogates at the cut", Array.from({ length: 40 }, () => "😀".repeat(150))],
  ])("a body that is %s can be written", async (_, body) => {
    const world = await createWorld();
    await audited(world, act({ details: { body } }), async () => undefined);
    const text = (await world.list()).items[0]?.details["body"];
    expect(text?.length).toBeLessThanOrEqual(2000);
    expect(text?.isWellFormed()).toBe(true);
  });
});

describe("the list", () => {
  test("is newest first over days and shards, each entry once, whatever the page size", async () => {
    const world = await createWorld();
    const made: number[] = [];
    for (let n = 0; n < 120; n++) {
      world.time.now = NOON + n * 3_000_000;
      made.push(world.time.now);
      if (n % 3 === 0) await world.audit.intend(act());
      else await audited(world, act(), async () => undefined);
    }
    for (const limit of [1, 7, 50, 500]) {
      const { found } = await world.all({ limit, from: NOON - DAY, to: world.time.now + 1 });
      expect(found.map(({ at }) => at)).toEqual(made.toReversed());
      expect(found.filter(({ outcome }) => outcome === undefined)).toHaveLength(40);
      expect(new Set(found.map(({ entryId }) => entryId)).size).toBe(120);
    }
  });

  test("shows entries of the same millisecond each once", async () => {
    const world = await createWorld();
    for (let n = 0; n < 30; n++) await audited(world, act(), async () => undefined);
    const { found } = await world.all({ limit: 4 });
    expect(new Set(found.map(({ entryId }) => entryId)).size).toBe(30);
    expect(found.every(({ outcome }) => outcome === "succeeded")).toBe(true);
  });

  test("has the first instant of the period and not the last", async () => {
    const world = await createWorld();
    for (const at of [NOON - 1, NOON, NOON + 1, NOON + 2]) {
      world.time.now = at;
      await world.audit.intend(act());
    }
    const { found } = await world.all({ from: NOON, to: NOON + 2 });
    expect(found.map(({ at }) => at)).toEqual([NOON + 1, NOON]);
    expect((await world.all({ from: NOON, to: NOON })).found).toEqual([]);
  });

  test("reads a bounded part of a long quiet period per page, and finds what lies at its end", async () => {
    const world = await createWorld();
    await world.audit.intend(act());
    world.time.now = NOON + 200 * DAY;
    const { found, pages } = await world.all({ from: NOON - DAY, to: Date.UTC(2099, 0, 1) });
    expect(found).toHaveLength(1);
    expect(pages).toBe(7);
    expect((await world.list({ from: NOON + DAY })).cursor).toBeDefined();
  });

  test("does not show again, nor lose, what was there when something new comes between two pages", async () => {
    const world = await createWorld();
    for (let n = 0; n < 10; n++) {
      world.time.now += 1;
      await audited(world, act(), async () => undefined);
    }
    const first = await world.list({ limit: 5 });
    world.time.now += 1;
    await audited(world, act(), async () => undefined);
    const second = await world.list({ limit: 50, cursor: first.cursor });
    expect(second.items.map(({ at }) => at)).toEqual([5, 4, 3, 2, 1].map((n) => NOON + n));
  });

  test("refuses a cursor of another period, and one that is none", async () => {
    const world = await createWorld();
    for (let n = 0; n < 3; n++) await world.audit.intend(act());
    const { cursor } = await world.list({ limit: 1 });
    expect(cursor).toBeDefined();
    await expect(world.list({ cursor, from: NOON })).rejects.toThrow("another period");
    await expect(world.list({ cursor: "x" })).rejects.toThrow("none that this list gave out");
    await expect(world.list({ cursor: Buffer.from("1:[]").toString("base64url") })).rejects.toThrow("none that");
  });
});
