import { describe, expect, test } from "vitest";
import {
  countSends,
  latestAnnounceable,
  pickDue,
  sendTimes,
  STEP_MS,
  takeBack,
} from "../../../shared/notices/core/pacing.ts";
import type { NoticeKind } from "../../../shared/notices/core/notice.ts";
import { planAnnouncement } from "../../../shared/notices/plan-announcement.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { asked, createWorld, DAY, HOUR, MINUTE, NOON } from "./support.ts";

const QUOTA = { perMinute: 30, perHour: 100 };
const free = { quota: QUOTA, sent: [], now: NOON };
const due = (noticeId: string, deadline: number, nextAttemptAt = NOON, kind: NoticeKind = "announcement") => ({
  noticeId,
  kind,
  deadline,
  nextAttemptAt,
});

describe("sendTimes", () => {
  test("30 a minute, 100 an hour", () => {
    const minutes = sendTimes(free, 130).map((time) => (time - NOON) / MINUTE);
    const expected = [
      [30, 0],
      [30, 1],
      [30, 2],
      [10, 3],
      [30, 60],
    ] as const;
    expect(minutes).toEqual(expected.flatMap(([count, minute]) => Array.from({ length: count }, () => minute)));
  });

  test("what was sent before and a pause of the provider count", () => {
    const sent = [
      { at: NOON - HOUR + STEP_MS, count: 90 },
      { at: NOON - 1000, count: 10 },
    ];
    expect(sendTimes({ ...free, sent }, 1)).toEqual([NOON + STEP_MS]);
    expect(sendTimes({ ...free, pausedUntil: NOON + 7 }, 1)).toEqual([NOON + 7]);
  });

  test("a quota of nothing is an error, not an endless wait", () => {
    expect(() => sendTimes({ ...free, quota: { perMinute: 0, perHour: 100 } }, 1)).toThrow(/at least 1/u);
  });
});

describe("countSends", () => {
  test("adds up within a step and forgets after an hour", () => {
    const first = countSends([], 3, NOON);
    expect(countSends(first, 2, NOON + 1)).toEqual([{ at: NOON + STEP_MS, count: 5 }]);
    expect(countSends(first, 2, NOON + HOUR)).toHaveLength(2);
    expect(countSends(first, 2, NOON + HOUR + STEP_MS)).toEqual([{ at: NOON + HOUR + 2 * STEP_MS, count: 2 }]);
  });
});

test.each([
  [2, [{ at: NOON, count: 1 }]],
  [3, []],
])("takeBack leaves the rest of the step, and the other steps: %i of 3", (count, rest) => {
  const other = { at: NOON - STEP_MS, count: 3 };
  expect(takeBack([other, { at: NOON, count: 3 }], count, NOON)).toEqual([other, ...rest]);
});

describe("pickDue", () => {
  test("the nearest deadline first, what is not due yet later", () => {
    const pending = [due("b", 2), due("a", 3), due("c", 1, NOON + 5), due("d", 2)];
    const picked = pickDue(free, pending, 10);
    expect(picked.send.map(({ noticeId }) => noticeId)).toEqual(["b", "d", "a"]);
    expect(picked.lookAgainAt).toBe(NOON + 5);
  });

  test("who is offline soon before who is online again, and both before what is weeks ahead", () => {
    const kinds = ["reminder7", "announcement", "completion", "rollBack", "hotfix", "cancellation", "change"] as const;
    const pending = kinds.map((kind, position) => due(kind, position, NOON, kind));
    const order = ["hotfix", "cancellation", "completion", "rollBack", "reminder7", "announcement", "change"];
    expect(pickDue(free, pending, 10).send.map(({ noticeId }) => noticeId)).toEqual(order);
  });

  test("what was begun before comes first", () => {
    const pending = [due("a", 1, NOON, "hotfix"), due("b", 2), due("c", 3)];
    const picked = pickDue(free, pending, 2, ({ noticeId }) => noticeId === "c");
    expect(picked.send.map(({ noticeId }) => noticeId)).toEqual(["c", "a"]);
  });

  test("no more than there is room; looks again when there is", () => {
    const sent = [{ at: NOON - 1000, count: 29 }];
    const picked = pickDue({ ...free, sent }, [due("a", 1), due("b", 2)], 10);
    expect(picked.send.map(({ noticeId }) => noticeId)).toEqual(["a"]);
    expect(picked.lookAgainAt).toBe(NOON - 1000 + MINUTE);
    expect(pickDue(free, [], 10)).toEqual({ send: [] });
  });
});

describe("latestAnnounceable", () => {
  const all = (count: number, deadline: number) => Array.from({ length: count }, () => deadline);

  test("10,000 organisations need a hundred hours less the last hour's pause", () => {
    const last = NOON + 99 * HOUR + 3 * MINUTE;
    expect(latestAnnounceable(free, all(10_000, last))).toEqual({ kind: "fits", lastSentAt: last, beginBy: NOON });
    expect(latestAnnounceable(free, all(10_000, last - 1))).toEqual({
      kind: "tooLate",
      late: 10,
      lastSentAt: last,
      postponeMs: 1,
      beginBy: NOON - 1,
    });
  });

  test("beginning at the latest moment, or postponed as it says, it fits", () => {
    const deadlines = Array.from({ length: 500 }, (_, n) => NOON + n * 20_000);
    const answer = latestAnnounceable(free, deadlines);
    if (answer.kind !== "tooLate") throw new Error("This cannot fit.");
    const later = deadlines.map((deadline) => deadline + answer.postponeMs);
    expect(latestAnnounceable(free, later).kind).toBe("fits");
    expect(
      latestAnnounceable(
        free,
        later.map((deadline) => deadline - 1),
      ).kind,
    ).toBe("tooLate");
    expect(latestAnnounceable({ ...free, now: answer.beginBy }, deadlines).kind).toBe("fits");
    expect(latestAnnounceable({ ...free, now: answer.beginBy + 1 }, deadlines).kind).toBe("tooLate");
  });

  test("what waits already takes its place, and only what is sooner", () => {
    const hour = NOON + HOUR - 1;
    expect(latestAnnounceable(free, all(100, hour)).kind).toBe("fits");
    expect(latestAnnounceable(free, all(100, hour), { others: [hour - 1] })).toMatchObject({
      kind: "tooLate",
      late: 1,
    });
    expect(latestAnnounceable(free, all(100, hour), { others: [hour + 1] }).kind).toBe("fits");
    const answer = latestAnnounceable(free, all(100, hour), { others: all(50, hour + MINUTE).concat(hour) });
    if (answer.kind !== "tooLate") throw new Error("This cannot fit.");
    const later = all(100, hour + answer.postponeMs);
    expect(latestAnnounceable(free, later, { others: all(50, hour + MINUTE).concat(hour) }).kind).toBe("fits");
  });

  test("reads what waits and what was sent from the store", async () => {
    const world = await createWorld();
    await requestNotices(
      world.deps,
      Array.from({ length: 40 }, (_, n) => asked({ organisationId: `o-${n}x`, deadline: NOON })),
    );
    await world.rawStore.changePace(() => ({ sent: [{ at: NOON - MINUTE, count: 50 }] }));
    const plan = (count: number) => planAnnouncement(world.deps, all(count, NOON + 30 * MINUTE));
    expect((await plan(10)).kind).toBe("fits");
    expect(await plan(11)).toMatchObject({ kind: "tooLate", late: 1 });
    expect(await planAnnouncement(world.deps, all(11, NOON + DAY))).toMatchObject({ kind: "fits" });
  });
});
