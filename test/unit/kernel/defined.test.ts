import { expect, test } from "vitest";
import { defined } from "../../../shared/kernel/defined.ts";

test("what is undefined is left out; null, false, zero and the empty text are values", () => {
  const fields = { a: undefined, b: null, c: false, d: 0, e: "", f: [undefined] };
  expect(Object.entries(defined(fields))).toEqual([
    ["b", null],
    ["c", false],
    ["d", 0],
    ["e", ""],
    ["f", [undefined]],
  ]);
  expect(Object.keys({ x: 1, ...defined({ x: undefined }) })).toEqual(["x"]);
});
