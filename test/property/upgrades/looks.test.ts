// Wake-ups of an upgrade under clocks that are wrong: whoever wrote the row or sends the look.

import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPoll } from "../../../shared/upgrades/core/step.ts";
import { pollMessage } from "../../../shared/upgrades/messages.ts";
import { anUpgrade, NOON, POLICY } from "../../support/upgrades.ts";

const HOUR = 3_600_000;
/** The longest distance of the grid, and one poll. */
const LONGEST_MS = 60_000 + POLICY.pollEveryMs;

const moments = fc.integer({ min: -2 * HOUR, max: 2 * HOUR });
const upgrades = fc
  .record({ enteredAt: moments, limit: fc.constantFrom(undefined, 600_000, HOUR) })
  .map(({ enteredAt, limit }) =>
    anUpgrade({
      state: "goingOnline",
      enteredAt: NOON + enteredAt,
      ...(limit === undefined ? {} : { deadline: NOON + enteredAt + limit }),
    }),
  );

test("a look asked for now comes within the longest pause, whatever time the row was written with", () => {
  fc.assert(
    fc.property(upgrades, moments, (upgrade, now) => {
      const { at } = nextPoll(upgrade, NOON + now, 0, POLICY);
      expect(at).toBeGreaterThan(NOON + now);
      expect(at - (NOON + now)).toBeLessThanOrEqual(LONGEST_MS);
    }),
  );
});

test("one id is one moment, also for a sender whose clock is wrong: what is dropped as a duplicate lies where it is wanted", () => {
  fc.assert(
    fc.property(upgrades, moments, moments, fc.nat(2 * HOUR), (upgrade, now, wrong, retryAfterMs) => {
      const mine = pollMessage(upgrade, nextPoll(upgrade, NOON + now, 0, POLICY));
      const theirs = pollMessage(upgrade, nextPoll(upgrade, NOON + wrong, retryAfterMs, POLICY));
      if (mine.messageId === theirs.messageId) expect(mine.scheduledAt).toBe(theirs.scheduledAt);
    }),
    { numRuns: 2000 },
  );
});

test("nobody sleeps for longer than five minutes because the other side says so", () => {
  fc.assert(
    fc.property(upgrades, moments, fc.nat(24 * HOUR), (upgrade, now, retryAfterMs) => {
      const { at } = nextPoll(upgrade, NOON + now, retryAfterMs, POLICY);
      expect(at - (NOON + now)).toBeLessThanOrEqual(5 * 60_000 + LONGEST_MS);
    }),
  );
});
