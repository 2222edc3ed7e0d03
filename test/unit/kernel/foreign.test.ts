import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  flag,
  listOf,
  oneOf,
  optional,
  optionalNumber,
  optionalText,
  parseForeignJson,
  requiredCount,
  requiredText,
} from "../../../shared/kernel/foreign.ts";

const HALF = "\ud83d";

const reading = z.object({
  text: optionalText(10),
  number: optionalNumber(),
  yes: flag(true),
  no: flag(false),
  colour: oneOf(["Red", "Green"]),
  list: listOf(z.object({ id: requiredText() })),
  inner: optional(z.object({ id: requiredCount() })),
});
const NOTHING = {
  text: undefined,
  number: undefined,
  yes: true,
  no: false,
  colour: undefined,
  list: [],
  inner: undefined,
};

describe("absent, null, empty and unreadable are the same", () => {
  test.each([undefined, null, "", "  ", [], {}])("%j", (value) => {
    const sent = Object.fromEntries(Object.keys(reading.shape).map((name) => [name, value]));
    expect(reading.parse(sent)).toEqual(NOTHING);
    expect(reading.parse({})).toEqual(NOTHING);
  });
});

test("what can be read is, in any form, and members that nobody knows are no trouble", () => {
  expect(
    reading.parse({
      text: 12,
      number: "3.5",
      yes: "False",
      no: "true",
      colour: "gREEN",
      list: [null, { id: "a" }, { id: null }, 5, { id: 7, more: 1 }],
      inner: { id: "42", more: [] },
      unheardOf: { of: 1 },
    }),
  ).toEqual({
    text: "12",
    number: 3.5,
    yes: false,
    no: true,
    colour: "Green",
    list: [{ id: "a" }, { id: "7" }],
    inner: { id: 42 },
  });
  expect(reading.parse({ list: { id: "alone" } }).list).toEqual([{ id: "alone" }]);
  expect(listOf(z.string(), 2).parse(["a", 1, "b", "c"])).toEqual(["a", "b"]);
});

test("bounds cut, and what is kept is well-formed", () => {
  expect(reading.parse({ text: `12345678😀😀` }).text).toBe("12345678…");
  expect(reading.parse({ text: `a${HALF}b` }).text).toBe("a\ufffdb");
});

test("a value that we cannot go on without is missed by its name", () => {
  const parsed = z.object({ id: requiredText(), count: requiredCount() }).safeParse({ id: null, count: "many" });
  expect(parsed.error?.issues.map(({ path, code }) => [path, code])).toEqual([
    [["id"], "invalid_type"],
    [["count"], "invalid_type"],
  ]);
  expect(requiredCount().safeParse(-1).success).toBe(false);
});

test("JSON of others has no lone surrogates", () => {
  expect(parseForeignJson(String.raw`{"a":["x\ud83d",{"b":"\ude00"}],"c":"\ud83d\ude00"}`)).toEqual({
    a: ["x\ufffd", { b: "\ufffd" }],
    c: "😀",
  });
  expect(parseForeignJson(String.raw`{"\ud83d":"\\ud83d \n \ud83d\uD83D\uDE00","b":"\u0041\uDe00"}`)).toEqual({
    "\ufffd": "\\ud83d \n \ufffd😀",
    b: "A\ufffd",
  });
  expect(parseForeignJson('"a\ud83d"')).toBe("a\ufffd");
  expect(parseForeignJson("<html>")).toBeUndefined();
  expect(parseForeignJson("null")).toBeNull();
});
