import fc from "fast-check";
import { expect, test } from "vitest";
import { newestFirst, oldestFirst } from "../../../shared/kernel/time/time-keys.ts";

const instant = fc.integer({ min: 0, max: 9_999_999_999_999 });

test("the order of the keys is that of time, or its reverse", () =>
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      expect(oldestFirst(a) < oldestFirst(b)).toBe(a < b);
      expect(newestFirst(a) < newestFirst(b)).toBe(a > b);
      expect(oldestFirst(a)).toHaveLength(13);
      expect(newestFirst(a)).toHaveLength(13);
    }),
  ));
