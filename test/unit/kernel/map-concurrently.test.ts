import fc from "fast-check";
import { expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { mapConcurrently, settleConcurrently, valuesOf } from "../../../shared/kernel/map-concurrently.ts";

/** Work that ends in the order that the scheduler chooses; `failing`: which items fail. */
function work(scheduler: fc.Scheduler, failing: ReadonlySet<number> = new Set()) {
  const seen = { underWay: 0, most: 0, begun: [] as number[], begunAfterFailure: 0, hasFailed: false };
  const act = async (item: number): Promise<number> => {
    if (seen.hasFailed) seen.begunAfterFailure += 1;
    seen.begun.push(item);
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    await scheduler.schedule(Promise.resolve());
    seen.underWay -= 1;
    if (!failing.has(item)) return item * 2;
    seen.hasFailed = true;
    throw new PermanentFailure(`item ${item}`);
  };
  return { seen, act };
}

const items = fc.uniqueArray(fc.nat(40), { maxLength: 20 });
const atOnce = fc.integer({ min: 1, max: 6 });

test("values in the order of the items, never more than so many under way, and as many as there may be", () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), items, atOnce, async (scheduler, all, limit) => {
      const { seen, act } = work(scheduler);
      const done = mapConcurrently(all, limit, act);
      expect(await scheduler.waitFor(done)).toEqual(all.map((item) => item * 2));
      expect(seen.begun).toEqual(all);
      expect(seen.most).toBe(Math.min(limit, all.length));
    }),
  ));

test("after a failure nothing is begun, and what was begun has ended when it is thrown", () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), items, atOnce, fc.array(fc.nat(40)), async (scheduler, all, limit, failing) => {
      const { seen, act } = work(scheduler, new Set(failing));
      const done = mapConcurrently(all, limit, act).then(
        () => "done",
        (error: Error) => `${error.message}, ${seen.underWay} under way`,
      );
      const outcome = await scheduler.waitFor(done);
      const first = failing.filter((item) => seen.begun.includes(item));
      if (first.length === 0) expect(outcome).toBe("done");
      else expect(first.map((item) => `item ${item}, 0 under way`)).toContain(outcome);
      expect(seen.begunAfterFailure).toBe(0);
    }),
  ));

test("every item has its turn, and the outcomes are in their order", () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), items, atOnce, fc.array(fc.nat(40)), async (scheduler, all, limit, failing) => {
      const { seen, act } = work(scheduler, new Set(failing));
      const done = settleConcurrently(all, limit, act);
      const outcomes = await scheduler.waitFor(done);
      expect(seen.begun).toEqual(all);
      expect(seen.most).toBeLessThanOrEqual(limit);
      expect(outcomes.map(({ status }) => status === "rejected")).toEqual(all.map((item) => failing.includes(item)));
    }),
  ));

test("of several failures one that is worth another try is thrown, or else the first", async () => {
  const outcomes = (...failures: Error[]) => settleConcurrently(failures, 5, (failure) => Promise.reject(failure));
  const [permanent, passing] = [new PermanentFailure("never"), new TransientFailure("later")];
  expect(() => valuesOf([])).not.toThrow();
  const [first, mixed] = [await outcomes(permanent, new Error("other")), await outcomes(permanent, passing)];
  expect(() => valuesOf(first)).toThrow(permanent);
  expect(() => valuesOf(mixed)).toThrow(passing);
  await expect(mapConcurrently([permanent, passing], 2, (failure) => Promise.reject(failure))).rejects.toBe(passing);
  expect(valuesOf(await settleConcurrently([1, 2], 1, async (one) => one))).toEqual([1, 2]);
});
