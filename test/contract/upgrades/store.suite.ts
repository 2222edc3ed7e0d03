// What every store of campaigns and upgrades keeps to, whatever the tables are made of.

import { beforeAll, describe, expect, test } from "vitest";
import { allRows, type Tables } from "../../../shared/platform/tables/tables.ts";
import { movedByUs, type Appointment } from "../../../shared/upgrades/core/appointment.ts";
import type { Campaign } from "../../../shared/upgrades/core/campaign.ts";
import { decide, type UpgradeEvent } from "../../../shared/upgrades/core/decide.ts";
import type { Upgrade } from "../../../shared/upgrades/core/upgrade.ts";
import type { StoredCampaign, StoredUpgrade, Waiting } from "../../../shared/upgrades/store/rows.ts";
import { upgradeStore, type UpgradeStore } from "../../../shared/upgrades/store/store.ts";
import { changeBy, changesBeside, TALLIED_PER_TRANSACTION } from "../../../shared/upgrades/store/store-writes.ts";
import { aCampaign, anUpgrade, BERLIN_NIGHT, DAY, HOUR, NOON, POLICY } from "../../support/upgrades.ts";

const ADMITTED: UpgradeEvent = { kind: "admitted", turnBackAt: NOON + HOUR, backOnlineBy: NOON + 2 * HOUR };
const SKIP: UpgradeEvent = { kind: "skipRequested", reason: "customer asked" };

export function upgradeStoreSuite(name: string, open: () => Promise<Tables>): void {
  describe(`upgrades on ${name}`, () => {
    let tables: Tables;
    let store: UpgradeStore;
    let campaigns = 0;
    beforeAll(async () => {
      tables = await open();
      await tables.ensure(["Upgrades", "Campaigns"]);
      store = upgradeStore(tables);
    });

    /** A campaign of its own, so that the tests can share the tables. */
    const newCampaign = async (changes: Partial<Campaign> = {}): Promise<StoredCampaign> => {
      campaigns += 1;
      const campaign = aCampaign({ campaignId: `c-${campaigns}`, state: "running", ...changes });
      const written = await store.insertCampaign(campaign);
      if (written.kind === "conflict") throw new Error("The campaign exists.");
      return { campaign, etag: written.etag };
    };
    const newUpgrades = async (count: number, changes: Partial<Upgrade> = {}) => {
      const stored = await newCampaign();
      const { campaignId } = stored.campaign;
      const upgrades = Array.from({ length: count }, (_, index) =>
        anUpgrade({ campaignId, organisationId: `org-${String(index).padStart(3, "0")}`, ...changes }),
      );
      for (let start = 0; start < count; start += 100) {
        await store.insertUpgrades(campaignId, upgrades.slice(start, start + 100));
      }
      return { campaignId, stored, upgrades };
    };
    const read = async ({ campaignId, organisationId }: Upgrade): Promise<StoredUpgrade> => {
      const stored = await store.readUpgrade(campaignId, organisationId);
      if (stored === undefined) throw new Error(`${organisationId} has no row.`);
      return stored;
    };
    const rowsOf = async (campaignId: string, prefix = ""): Promise<readonly string[]> => {
      const rows: string[] = [];
      for await (const { row } of allRows(tables.table("Upgrades"), { partition: campaignId, rowPrefix: prefix })) {
        rows.push(row);
      }
      return rows;
    };
    const changeTo = (stored: StoredUpgrade, event: UpgradeEvent, waiting?: Waiting) => {
      const decision = decide(stored.upgrade, event, { now: NOON, by: "test", policy: POLICY });
      if (!decision.ok) throw new Error(JSON.stringify(decision.error));
      return changeBy(stored, decision.value, waiting);
    };
    const start = async (waiting: readonly Waiting[], campaignId: string) =>
      Promise.all(
        waiting.map(async (place) =>
          changeTo(place.hint ?? (await read(anUpgrade({ ...place, campaignId }))), ADMITTED, place),
        ),
      );

    test("a campaign is read as it was written, and is changed only by whoever read it last", async () => {
      const stored = await newCampaign({ firstStart: NOON, announceCursor: "x", sleepsUntil: NOON });
      const { campaignId } = stored.campaign;
      expect(await store.readCampaign(campaignId)).toEqual(stored);
      expect(await store.insertCampaign(stored.campaign)).toEqual({ kind: "conflict" });
      const paused: Campaign = { ...stored.campaign, state: "paused" };
      expect(await store.replaceCampaign(paused, stored.etag)).toMatchObject({ kind: "written" });
      expect(await store.replaceCampaign(stored.campaign, stored.etag)).toEqual({ kind: "conflict" });
      expect((await store.readCampaign(campaignId))?.campaign.state).toBe("paused");
      expect(await store.readCampaign("no-such-campaign")).toBeUndefined();
    });

    test("the index lists campaigns newest first, page by page, each once", async () => {
      const made: string[] = [];
      for (const later of [1, 3, 2]) {
        const { campaign } = await newCampaign({ createdAt: NOON + 400 * DAY + later });
        await store.enterInIndex(campaign);
        await store.enterInIndex(campaign);
        made.push(campaign.campaignId);
      }
      const first = await store.listCampaigns(2);
      expect(first.items.map(({ campaign }) => campaign.campaignId)).toEqual([made[1], made[2]]);
      const second = await store.listCampaigns(2, first.cursor);
      expect(second.items[0]?.campaign.campaignId).toBe(made[0]);
    });

    test("new upgrades wait, with a hint that saves reading them", async () => {
      const { campaignId, upgrades } = await newUpgrades(3);
      const waiting = await store.waitingIn(campaignId, "broad", 10);
      expect(waiting.map(({ hint }) => hint?.upgrade)).toEqual(upgrades);
      for (const { hint } of waiting) expect(hint).toEqual(await read(hint?.upgrade ?? anUpgrade()));
    });

    test("inserting them again changes nothing, a hundred at a time", async () => {
      const { campaignId, upgrades } = await newUpgrades(100);
      const before = await rowsOf(campaignId);
      expect(before).toHaveLength(201);
      const waiting = await store.waitingIn(campaignId, "broad", 1000);
      await store.insertUpgrades(campaignId, upgrades);
      expect(await rowsOf(campaignId)).toEqual(before);
      expect(await store.waitingIn(campaignId, "broad", 1000)).toEqual(waiting);
    });

    test("inserting goes on where it stopped: whoever is missing is added, whoever is there keeps its date", async () => {
      const { campaignId } = await newUpgrades(2, { appointment: BERLIN_NIGHT });
      // The same request later: its plan has other dates, another ring, and one organisation more.
      const appointment = movedByUs(BERLIN_NIGHT, { ...BERLIN_NIGHT, start: BERLIN_NIGHT.start + DAY }, false);
      const again = ["org-000", "org-001", "org-002"].map((organisationId) =>
        anUpgrade({ campaignId, organisationId, ring: "early", appointment }),
      );
      await store.insertUpgrades(campaignId, again);
      const page = await store.listUpgrades(campaignId, 10);
      expect(page.items.map(({ upgrade }) => upgrade.ring)).toEqual(["broad", "broad", "early"]);
      // Everybody has one place, and it is the one of its date.
      expect(await rowsOf(campaignId, "q|")).toHaveLength(3);
      for (const { upgrade } of page.items) {
        expect(await store.placeInQueue(upgrade)).toMatchObject({ start: upgrade.appointment?.start });
      }
    });

    test("a first attempt that died before the places were written is completed", async () => {
      const { campaignId, upgrades } = await newUpgrades(2, { appointment: BERLIN_NIGHT });
      for (const { row, etag } of await store.waitingIn(campaignId, "broad", 10)) {
        await tables.table("Upgrades").remove({ partition: campaignId, row }, etag);
      }
      await store.insertUpgrades(campaignId, upgrades);
      const waiting = await store.waitingIn(campaignId, "broad", 10);
      expect(waiting.map(({ organisationId, start }) => [organisationId, start])).toEqual([
        ["org-000", BERLIN_NIGHT.start],
        ["org-001", BERLIN_NIGHT.start],
      ]);
    });

    test("whoever has started is not queued again", async () => {
      const { campaignId, upgrades } = await newUpgrades(1);
      const [change] = await start(await store.waitingIn(campaignId, "broad", 1), campaignId);
      if (change === undefined) throw new Error("Nobody waits.");
      expect(await store.save(change)).toMatchObject({ kind: "written" });
      await store.insertUpgrades(campaignId, upgrades);
      expect(await rowsOf(campaignId, "q|")).toEqual([]);
    });

    test("a ring waits in the order of dates, then of organisations", async () => {
      const { campaign } = await newCampaign();
      const { campaignId } = campaign;
      const at = (start: number): Appointment => ({ ...BERLIN_NIGHT, start });
      const upgrades = [
        anUpgrade({ campaignId, organisationId: "aa", appointment: at(NOON + 2 * DAY) }),
        anUpgrade({ campaignId, organisationId: "bb", appointment: at(NOON + DAY) }),
        anUpgrade({ campaignId, organisationId: "cc", appointment: at(NOON + DAY) }),
        anUpgrade({ campaignId, organisationId: "dd", appointment: at(NOON), ring: "broad-2" }),
        anUpgrade({ campaignId, organisationId: "ee" }),
      ];
      await store.insertUpgrades(campaignId, upgrades);
      const names = (waiting: readonly Waiting[]) => waiting.map(({ organisationId }) => organisationId);
      expect(names(await store.waitingIn(campaignId, "broad", 10))).toEqual(["ee", "bb", "cc", "aa"]);
      expect(names(await store.waitingIn(campaignId, "broad", 2))).toEqual(["ee", "bb"]);
      expect(names(await store.waitingIn(campaignId, "broad-2", 10))).toEqual(["dd"]);
      const all: Waiting[] = [];
      for await (const waiting of store.allWaitingIn(campaignId, "broad")) all.push(waiting);
      expect(all).toEqual(await store.waitingIn(campaignId, "broad", 10));
    });

    test("a start leaves the queue, is marked, written into its history and told, in one transaction", async () => {
      const { campaignId, upgrades } = await newUpgrades(1);
      const [change] = await start(await store.waitingIn(campaignId, "broad", 1), campaignId);
      if (change === undefined) throw new Error("Nobody waits.");
      const saved = await store.save(change);
      if (saved.kind === "conflict") throw new Error("A conflict.");
      expect(await rowsOf(campaignId)).toEqual(["a|org-000", "c", "h|org-000|000001", "o|org-000|000001", "u|org-000"]);
      expect(await read(upgrades[0] ?? anUpgrade())).toEqual({ upgrade: change.next, etag: saved.etag });
      expect(await store.activeUpgrades(campaignId)).toEqual([{ upgrade: change.next, etag: saved.etag }]);
      expect(await store.history(campaignId, "org-000")).toEqual(change.entries);
      expect(await store.outbox(campaignId)).toMatchObject([{ entry: change.entries[0], upgrade: change.next }]);
      // The one who comes second changes nothing.
      expect(await store.save(change)).toEqual({ kind: "conflict" });
      expect(await rowsOf(campaignId)).toHaveLength(5);
    });

    test("another date is another place; the same place again loses only its hint, which is stale", async () => {
      const { campaignId, upgrades } = await newUpgrades(1, { appointment: BERLIN_NIGHT });
      const [upgrade = anUpgrade()] = upgrades;
      const appoint = async (appointment: Appointment) => {
        const stored = await read(upgrade);
        const place = await store.placeInQueue(stored.upgrade);
        return store.save(changeTo(stored, { kind: "appointed", appointment, reason: "r" }, place));
      };
      const later = { ...BERLIN_NIGHT, start: BERLIN_NIGHT.start + DAY, revision: 1 };
      expect(await appoint(later)).toMatchObject({ kind: "written" });
      const [waiting] = await store.waitingIn(campaignId, "broad", 10);
      expect(waiting).toMatchObject({ organisationId: "org-000", start: later.start });
      expect(waiting?.hint).toBeUndefined();
      expect(await store.placeInQueue(upgrade)).toBeUndefined();
      expect(await appoint({ ...later, revision: 2 })).toMatchObject({ kind: "written" });
      const again = await store.waitingIn(campaignId, "broad", 10);
      expect(again.map(({ row }) => row)).toEqual([waiting?.row]);
      expect(again[0]?.etag).not.toBe(waiting?.etag);
      expect((await read(upgrade)).upgrade.appointment?.revision).toBe(2);
    });

    test("a step in between is not told, and needs no place", async () => {
      const { campaignId } = await newUpgrades(1);
      const [change] = await start(await store.waitingIn(campaignId, "broad", 1), campaignId);
      if (change === undefined) throw new Error("Nobody waits.");
      await store.save(change);
      const step = changeTo(await read(change.next), { kind: "stepDone", version: "7.12" });
      expect(await store.save(step)).toMatchObject({ kind: "written" });
      expect(await store.outbox(campaignId)).toHaveLength(1);
      expect(await store.history(campaignId, "org-000")).toHaveLength(2);
    });

    test("campaign and changes are written together; a conflict anywhere leaves nothing", async () => {
      const { campaignId, stored } = await newUpgrades(3);
      const changes = await start(await store.waitingIn(campaignId, "broad", 3), campaignId);
      const [first, second, third] = changes;
      if (first === undefined || second === undefined || third === undefined) throw new Error("Too few wait.");
      const before = await rowsOf(campaignId);
      const other = await store.save(changeTo(second.stored, SKIP, (await store.waitingIn(campaignId, "broad", 2))[1]));
      expect(other).toMatchObject({ kind: "written" });
      const after = await rowsOf(campaignId);
      expect(await store.commit(stored, changes)).toMatchObject({ kind: "conflict" });
      expect(await rowsOf(campaignId)).toEqual(after);
      expect(after).not.toEqual(before);
      expect(await store.readCampaign(campaignId)).toEqual(stored);
      // Without the one that was lost.
      const done = await store.commit({ ...stored, campaign: { ...stored.campaign, openRings: 2 } }, [first, third]);
      if (done.kind === "conflict") throw new Error("A conflict.");
      const written = await store.readCampaign(campaignId);
      expect(written).toEqual({ campaign: { ...stored.campaign, openRings: 2 }, etag: done.etags[0] });
      expect(done.etags.slice(1)).toEqual([(await read(first.next)).etag, (await read(third.next)).etag]);
      expect(await store.commit(stored, [])).toMatchObject({ kind: "conflict" });
    });

    test("settling removes what was told, and the marks of whoever has ended; the next settles nothing twice", async () => {
      const { campaignId, stored } = await newUpgrades(3);
      const changes = await start(await store.waitingIn(campaignId, "broad", 2), campaignId);
      const begun = await store.commit(stored, changes);
      if (begun.kind === "conflict") throw new Error("A conflict.");
      // One falls back and ends, one is still under way, one is skipped.
      let upgrade = await read(anUpgrade({ campaignId, organisationId: "org-000" }));
      for (const event of [
        { kind: "stepFailed", reason: "no" } as const,
        { kind: "stepDone", version: "7.12" } as const,
        { kind: "stepDone", version: "7.12" } as const,
      ]) {
        await store.save(changeTo(upgrade, event));
        upgrade = await read(upgrade.upgrade);
      }
      const [last] = await store.waitingIn(campaignId, "broad", 1);
      await store.save(changeTo(await read(anUpgrade({ campaignId, organisationId: "org-002" })), SKIP, last));
      const told = await store.outbox(campaignId);
      expect(told.map(({ row }) => row)).toEqual([
        "o|org-000|000001",
        "o|org-000|000002",
        "o|org-000|000004",
        "o|org-001|000001",
        "o|org-002|000001",
      ]);
      const campaign = { campaign: stored.campaign, etag: begun.etags[0] ?? "" };
      const settled = await store.commit(campaign, [], told);
      if (settled.kind === "conflict") throw new Error("A conflict.");
      expect(await store.outbox(campaignId)).toEqual([]);
      expect(await rowsOf(campaignId, "a|")).toEqual(["a|org-001"]);
      const again = { ...campaign, etag: settled.etags[0] ?? "" };
      expect(await store.commit(again, [], told)).toMatchObject({ kind: "conflict" });
    });

    test("the outbox is read in parts that fit into one transaction beside as many changes as that leaves room for", async () => {
      const { campaignId, stored } = await newUpgrades(60, { appointment: BERLIN_NIGHT });
      const waiting = await store.waitingIn(campaignId, "broad", 60);
      const ended = await start(waiting.slice(0, 50), campaignId);
      const part = async () => (await store.outbox(campaignId)).slice(0, TALLIED_PER_TRANSACTION);
      let campaign = stored;
      const commit = async (
        ...rest: [Parameters<UpgradeStore["commit"]>[1], Parameters<UpgradeStore["commit"]>[2]?]
      ) => {
        const done = await store.commit(campaign, ...rest);
        if (done.kind === "conflict") throw new Error("A conflict.");
        campaign = { ...campaign, etag: done.etags[0] ?? "" };
      };
      for (let from = 0; from < ended.length; from += 10) await commit(ended.slice(from, from + 10));
      expect(await store.outbox(campaignId)).toHaveLength(50);
      await commit([], await part());
      expect(await store.outbox(campaignId)).toHaveLength(5);
      await commit([], await part());
      // Fifty end at once: every move settled takes a mark with it, which is the largest settlement there can be.
      for (const { next } of ended) {
        const upgrade: Upgrade = { ...next, state: "goingOnlinePrevious" };
        await store.save(changeTo({ ...(await read(next)), upgrade }, { kind: "stepDone", version: "7.12" }));
      }
      const told = await part();
      expect(told).toHaveLength(TALLIED_PER_TRANSACTION);
      // Moves to another date are the largest changes there are.
      const appointment = { ...BERLIN_NIGHT, start: BERLIN_NIGHT.start + DAY, revision: 1 };
      const moves = waiting.slice(50, 50 + changesBeside(told.length)).flatMap((place) => {
        const event: UpgradeEvent = { kind: "appointed", appointment, reason: "r" };
        return place.hint === undefined ? [] : [changeTo(place.hint, event, place)];
      });
      expect(moves).toHaveLength(1);
      await commit(moves, told);
      expect(await rowsOf(campaignId, "a|")).toHaveLength(5);
      const left = await store.outbox(campaignId);
      expect(left.map(({ entry }) => entry.to).toSorted()).toEqual([
        ...Array.from({ length: 5 }, () => "rolledBack"),
        "scheduled",
      ]);
      await commit([], left);
      expect(await rowsOf(campaignId, "a|")).toEqual([]);
    });

    test("nothing to settle leaves room for nineteen changes, a full part for one", async () => {
      expect([0, 1, TALLIED_PER_TRANSACTION].map(changesBeside)).toEqual([19, 19, 1]);
      const { campaignId, stored } = await newUpgrades(19);
      const changes = await start(await store.waitingIn(campaignId, "broad", 19), campaignId);
      expect(await store.commit(stored, changes)).toMatchObject({ kind: "written" });
      expect(await rowsOf(campaignId, "a|")).toHaveLength(19);
    });

    test("upgrades are listed by organisation, page by page", async () => {
      const { campaignId, upgrades } = await newUpgrades(25);
      const first = await store.listUpgrades(campaignId, 10);
      expect(first.items.map(({ upgrade }) => upgrade)).toEqual(upgrades.slice(0, 10));
      const second = await store.listUpgrades(campaignId, 1000, first.cursor);
      expect(second.items.map(({ upgrade }) => upgrade)).toEqual(upgrades.slice(10));
      expect(second.cursor).toBeUndefined();
      const all: Upgrade[] = [];
      for await (const { upgrade } of store.allUpgrades(campaignId)) all.push(upgrade);
      expect(all).toEqual(upgrades);
    });
  });
}
