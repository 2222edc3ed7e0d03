import { describe, expect, test } from "vitest";
import { memoryBus } from "../../support/memory/memory-bus.ts";
import {
  retryMessage,
  beginMessage,
  pollMessage,
  tickMessage,
  tickSchema,
  wakeSchema,
} from "../../../shared/upgrades/messages.ts";
import { aCampaign, anUpgrade, HOUR, MINUTE, NOON } from "../../support/upgrades.ts";
import { CAMPAIGN_QUEUE, UPGRADE_QUEUE } from "../../../shared/upgrades/resources.ts";
import { QUEUES } from "../../../shared/capabilities.ts";

const SECOND = 1000;
const EVERY = 5 * SECOND;

describe("ticks of a campaign", () => {
  const campaign = aCampaign({ createdAt: NOON });

  test.each([
    [0, 5],
    [1, 5],
    [5, 5],
    [5.001, 10],
    [3600, 3600],
  ])("asked for %d s after its creation comes at %d s, never earlier than asked for", (asked, at) => {
    const message = tickMessage(campaign, NOON + asked * SECOND, EVERY);
    expect(message).toMatchObject({ sessionId: "c-1", scheduledAt: NOON + at * SECOND });
    expect(message.messageId).toBe(`c-1:tick:${at / 5}`);
    expect(tickSchema.parse(message.body)).toEqual({ campaignId: "c-1" });
  });

  test("lie on one grid for the whole life of the campaign: the queue never drops a later one for an earlier one", async () => {
    const time = { now: NOON };
    const bus = memoryBus({ clock: { now: () => time.now }, queues: QUEUES });
    const started = { ...campaign, startedAt: NOON + 10 * SECOND };
    const asked = [
      tickMessage(campaign, NOON + 7 * SECOND, EVERY),
      tickMessage(started, NOON + 15 * SECOND, EVERY),
      tickMessage(started, NOON + 20 * SECOND, EVERY),
    ];
    await bus.send(CAMPAIGN_QUEUE, asked);
    expect(bus.all(CAMPAIGN_QUEUE).map(({ dueAt }) => (dueAt - NOON) / SECOND)).toEqual([10, 15, 20]);
  });

  test("of chains that split meet in the queue", async () => {
    const bus = memoryBus({ clock: { now: () => NOON }, queues: QUEUES });
    await bus.send(CAMPAIGN_QUEUE, [
      tickMessage(campaign, NOON + 11 * SECOND, EVERY),
      tickMessage({ ...campaign, state: "paused", startedAt: NOON }, NOON + 14 * SECOND, EVERY),
    ]);
    expect(bus.all(CAMPAIGN_QUEUE)).toHaveLength(1);
  });
});

describe("wake-ups of an upgrade", () => {
  const upgrade = anUpgrade({ state: "upgrading", sequence: 3, enteredAt: NOON });

  test("carry the row, so that the first delivery need not read it", () => {
    const message = beginMessage({ upgrade, etag: "e" });
    expect(message).toMatchObject({ sessionId: "alpine-foods", messageId: `c-1:alpine-foods:3:${NOON}` });
    const body = { campaignId: "c-1", organisationId: "alpine-foods", poll: false, snapshot: { etag: "e", upgrade } };
    expect(wakeSchema.parse(message.body)).toEqual(body);
  });

  test("to look again have the id of their slot", () => {
    const message = pollMessage(upgrade, { at: NOON + MINUTE, slot: 4 });
    expect(message).toMatchObject({ messageId: `c-1:alpine-foods:3:${NOON}:4`, scheduledAt: NOON + MINUTE });
    expect(wakeSchema.parse(message.body)).toEqual({ campaignId: "c-1", organisationId: "alpine-foods", poll: true });
  });

  test("of a step that is entered again are new ones", () => {
    const again = { ...upgrade, enteredAt: NOON + 1 };
    expect(beginMessage({ upgrade: again, etag: "f" }).messageId).not.toBe(
      beginMessage({ upgrade, etag: "e" }).messageId,
    );
  });

  test("fit their queue", async () => {
    const bus = memoryBus({ clock: { now: () => NOON }, queues: QUEUES });
    await bus.send(UPGRADE_QUEUE, [beginMessage({ upgrade, etag: "e" }), pollMessage(upgrade, { at: NOON, slot: 1 })]);
    expect(bus.due(UPGRADE_QUEUE, NOON)).toHaveLength(2);
  });
});

describe("a message again", () => {
  const at = (now: number, retryAfterMs?: number) => retryMessage(UPGRADE_QUEUE, { a: 1 }, "s", now, retryAfterMs);

  test("comes five seconds later, asked for twice within a slot once", () => {
    expect(at(NOON)).toEqual({
      body: { a: 1 },
      messageId: at(NOON).messageId,
      sessionId: "s",
      scheduledAt: NOON + EVERY,
    });
    expect(at(NOON + 1).messageId).toBe(at(NOON + 4999).messageId);
    expect(at(NOON + 1).messageId).not.toBe(at(NOON).messageId);
  });

  test("heeds what the other side asked for, within five minutes", () => {
    expect(at(NOON, MINUTE).scheduledAt).toBe(NOON + MINUTE);
    expect(at(NOON, 1).scheduledAt).toBe(NOON + EVERY);
    expect(at(NOON, 9 * HOUR).scheduledAt).toBe(NOON + 5 * MINUTE);
  });

  test("comes to a campaign on a coarser grid, where slow looks meet", () => {
    const tick = (now: number) => retryMessage(CAMPAIGN_QUEUE, { a: 1 }, "s", now);
    expect(tick(NOON)).toMatchObject({ scheduledAt: NOON + MINUTE });
    expect(tick(NOON + 55 * SECOND)).toEqual(tick(NOON));
    expect(tick(NOON + 56 * SECOND)).toMatchObject({ scheduledAt: NOON + 2 * MINUTE });
  });
});
