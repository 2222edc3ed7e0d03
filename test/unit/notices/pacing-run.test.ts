// A thousand notices against a provider with a quota, while the process dies again and again.

import { describe, expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { memoryMailer } from "../../support/memory/memory-mail.ts";
import type { Mailer } from "../../../shared/platform/mail/mail.ts";
import { Crash, guardTables, survive } from "../../support/crash.ts";
import type { NewNotice } from "../../../shared/notices/core/notice.ts";
import { requestNotices } from "../../../shared/notices/request-notices.ts";
import { NOTICE_SEND_LIMITS, sendDueNotices } from "../../../shared/notices/send-due-notices.ts";
import { asked, BERLIN_NIGHT, createWorld, DAY, HOUR, MINUTE, NOON } from "./support.ts";

const ORGANISATIONS = 1000;
const QUOTA = { perMinute: 30, perHour: 100 };

/** Writing calendar files with changing clocks is tested elsewhere and takes its time. */
const UTC_NIGHT = { ...BERLIN_NIGHT, timeZone: "UTC" };

/** mulberry32: the same numbers from 0 to 1 for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function crashes(next: () => number, share: number) {
  let dead = false;
  let count = 0;
  return {
    count: () => count,
    restart: () => void (dead = false),
    /** Dies before the call, after it, or not at all. */
    guard: async <T>(call: () => Promise<T>): Promise<T> => {
      const die = (): never => {
        dead = true;
        throw new Crash();
      };
      if (dead) throw new Crash();
      const fate = next();
      if (fate < share) count += 1;
      if (fate < share / 2) die();
      const result = await call();
      if (dead || fate < share) die();
      return result;
    },
  };
}

/** Counts like the provider: new mails in exact sliding windows; repetitions of an id are free. */
function provider(now: () => number, everyRefusal: number) {
  const inner = memoryMailer();
  const acceptedAt: number[] = [];
  const told = { overQuota: 0, tooBusy: 0, early: 0 };
  let calls = 0;
  let openAt = 0;
  const tooMany = (waitMs: number): never => {
    openAt = now() + waitMs;
    throw new TransientFailure("429", { retryAfterMs: waitMs });
  };
  const within = (ms: number): number => acceptedAt.filter((at) => at > now() - ms).length;
  const mailer: Mailer = {
    async send(mail) {
      calls += 1;
      if (now() < openAt && now() > openAt - 90_000) told.early += 1;
      if (calls % everyRefusal === 0) {
        told.tooBusy += 1;
        tooMany(90_000);
      }
      const isRepeated = inner.sent.some(({ operationId }) => operationId === mail.operationId);
      if (isRepeated) return inner.send(mail);
      if (within(MINUTE) >= QUOTA.perMinute || within(HOUR) >= QUOTA.perHour) {
        told.overQuota += 1;
        tooMany(MINUTE);
      }
      acceptedAt.push(now());
      return inner.send(mail);
    },
  };
  return { mailer, sent: inner.sent, told };
}

function thousand(next: () => number): readonly NewNotice[] {
  return Array.from({ length: ORGANISATIONS }, (_, n) => {
    const organisationId = `organisation-${n}`;
    const deadline = NOON + Math.floor(next() * 30 * DAY);
    return asked({ organisationId, recipients: [`it@${organisationId}.example`], deadline, appointment: UTC_NIGHT });
  });
}

describe.each([
  { seed: 1, share: 0, everyRefusal: 97 },
  { seed: 2, share: 0.005, everyRefusal: 97 },
  { seed: 3, share: 0.03, everyRefusal: 211 },
])("1,000 notices, crashes at $share of all calls (seed $seed)", ({ seed, share, everyRefusal }) => {
  test(
    "none is lost, none comes twice, the nearest deadline first, never over the quota",
    { timeout: 60_000 },
    async () => {
      const next = random(seed);
      const crash = crashes(next, share);
      const time = { now: NOON };
      const service = provider(() => time.now, everyRefusal);
      const world = await createWorld({ tables: (tables) => guardTables(tables, crash.guard) });
      const deps = {
        ...world.deps,
        clock: { now: () => time.now },
        mailer: { send: (mail) => crash.guard(() => service.mailer.send(mail)) } satisfies Mailer,
        quota: QUOTA,
      };
      const alive = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
        const done = await survive(run);
        if (done === undefined) crash.restart();
        return done;
      };
      const notices = thousand(next);
      for (let at = 0; at < notices.length; at += 20) {
        const some = notices.slice(at, at + 20);
        while ((await alive(() => requestNotices(deps, some))) === undefined);
      }

      let accepted = 0;
      for (let runs = 0; runs < 5000; runs++) {
        const run = await alive(() => sendDueNotices(deps));
        accepted += run?.accepted ?? 0;
        if (run !== undefined && run.lookAgainAt === undefined) break;
        // The timer comes every minute, as it does on the host, whatever became of the run before.
        const earliest = Math.max(run?.lookAgainAt ?? 0, time.now + 1);
        time.now = Math.ceil(earliest / MINUTE) * MINUTE;
      }

      expect(service.sent).toHaveLength(ORGANISATIONS);
      const order = service.sent.map(({ to }) => to[0]);
      expect(new Set(order).size).toBe(ORGANISATIONS);
      const wanted = notices.toSorted((a, b) => a.deadline - b.deadline).map(({ recipients }) => recipients[0]);
      // A mail of an interrupted wave comes at the head of the next one.
      const moved = order.map((to, position) => Math.abs(wanted.indexOf(to) - position));
      expect(Math.max(...moved)).toBeLessThan(NOTICE_SEND_LIMITS.atOnce);
      expect(service.told.overQuota).toBe(0);
      // Only a process that died with the answer in its hands comes back too early.
      expect(service.told.early).toBeLessThanOrEqual(crash.count());
      expect(service.told.tooBusy).toBeGreaterThan(0);
      if (share === 0) expect(accepted).toBe(ORGANISATIONS);
      else expect(crash.count()).toBeGreaterThan(10);

      for (const { campaignId, organisationId } of notices) {
        const [stored] = await world.rawStore.noticesOf(campaignId, organisationId);
        expect(stored?.notice).toMatchObject({ status: "accepted", organisationId });
      }
      expect(await world.rawStore.pending(Number.MAX_SAFE_INTEGER)).toEqual([]);
      // Ten hours are the least at 100 an hour; crashes waste room that was reserved.
      expect(time.now - NOON).toBeGreaterThanOrEqual(9 * HOUR);
      expect(time.now - NOON).toBeLessThan((share > 0.01 ? 40 : 12) * HOUR);
    },
  );
});
