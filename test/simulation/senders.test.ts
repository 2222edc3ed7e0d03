// Five runs of the sender of notices at once, some of them dying: one sends, and every mail is sent once within its quota.

import { describe, expect, test } from "vitest";
import { freshNotice, type NewNotice } from "../../shared/notices/core/notice.ts";
import { noticeStore } from "../../shared/notices/store.ts";
import { NOON } from "./parts/world.ts";
import { calmWorld } from "./parts/calm-run.ts";
import { seededRandom } from "./parts/random.ts";
import { wholeMinute } from "./parts/surroundings.ts";

const MINUTE = 60_000;
const NOTICES = 60;
const QUOTA = { perMinute: 30, perHour: NOTICES };

async function worldWithNotices() {
  const world = await calmWorld(NOTICES, { durationMs: 1000, quota: QUOTA });
  const store = noticeStore(world.tables);
  for (const { organisationId, name, contacts } of world.organisations) {
    const appointment = {
      organisationName: name,
      timeZone: "UTC",
      start: NOON,
      end: NOON + MINUTE,
      version: "7.13.0.1",
    };
    const key = { campaignId: "c-9", organisationId, kind: "completion", sequence: 0 } as const;
    const times = { notBefore: NOON, deadline: NOON };
    const asked: NewNotice = { ...key, ...times, language: "en", recipients: [...contacts], appointment };
    await store.insert(freshNotice(asked, NOON));
  }
  return { world, store };
}

describe.each([
  { seed: 1, crashes: 0 },
  { seed: 2, crashes: 6 },
  { seed: 3, crashes: 12 },
])("five senders at once, $crashes crashes (seed $seed)", ({ seed, crashes }) => {
  test("every mail is sent once, room in the quota is taken once per mail", async () => {
    const { world, store } = await worldWithNotices();
    const random = seededRandom(seed);
    const senders = Array.from({ length: 5 }, (_, index) => world.actor(`sender ${index + 1}`));
    let left = crashes;
    const pending = async (): Promise<number> => (await store.pending(world.time.now)).length;
    for (let minute = 0; minute < 70 && (await pending()) > 0; minute++) {
      // Fired by hand every second, which no host makes one after the other.
      for (const sender of senders) if (sender.task === undefined) await sender.sendNotices();
      while (world.gates.waiting.length > 0) {
        const gate = random.pick(world.gates.waiting);
        const dies = left > 0 && gate.call === "mail" && random.chance(0.2);
        if (dies) left -= 1;
        await world.gates.open(gate, dies ? { kind: "crash", effect: random.pick(["lost", "done"]) } : { kind: "go" });
      }
      world.time.now = wholeMinute(world.time.now) + MINUTE;
    }
    expect(left).toBe(0);
    expect(await pending()).toBe(0);
    expect(world.mailer.taken.size).toBe(NOTICES);
    expect(world.mailer.overQuota).toBe(0);
    const { sent } = await store.readPace();
    expect(sent.reduce((sum, { count }) => sum + count, 0)).toBe(NOTICES);
    // 30 a minute, counted in steps: the third minute is the last, and each sender that died costs its lease.
    expect(world.time.now - NOON).toBeLessThanOrEqual((3 + crashes) * MINUTE);
  });
});
