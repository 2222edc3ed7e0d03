import { expect, test } from "vitest";
import { Faults } from "../../../local/docuware/faults/faults.ts";
import { Throttle } from "../../../local/docuware/identity/throttle.ts";
import { parseDate, parseItem } from "../../../local/docuware/platform/field-values.ts";
import { fieldByName } from "../../../local/docuware/platform/catalog.ts";
import { Limiter } from "../../../local/docuware/state/limiter.ts";

test("60 calls a minute pass, the next waits until the oldest is a minute old", () => {
  const throttle = new Throttle();
  for (let call = 0; call < 60; call++) expect(throttle.take("a", call * 100)).toBeUndefined();
  expect(throttle.take("a", 10_000)).toBe(50_000);
  expect(throttle.take("b", 10_000)).toBeUndefined();
  expect(throttle.take("a", 60_000)).toBeUndefined();
  expect(throttle.take("a", 60_000)).toBe(100);
});

test("a fault hits its own calls, oldest first, as often as it says", () => {
  const faults = new Faults();
  const base = { organisationId: "a", target: "controlPlane", operation: "upgrade" } as const;
  faults.add([
    { ...base, effect: "fail", times: 2 },
    { ...base, effect: "drop" },
  ]);
  expect(faults.take("b", "controlPlane", "upgrade", "run")).toBeUndefined();
  expect(faults.take("a", "controlPlane", "restore", "run")).toBeUndefined();
  expect(faults.take("a", "controlPlane", "upgrade", "begin")?.effect).toBe("drop");
  expect(faults.take("a", "controlPlane", "upgrade", "run")?.effect).toBe("fail");
  expect(faults.take("a", "controlPlane", "upgrade", "run")?.effect).toBe("fail");
  expect(faults.take("a", "controlPlane", "upgrade", "run")).toBeUndefined();
  expect(faults.list()).toMatchObject([
    { phase: "run", hits: 2, remaining: 0 },
    { phase: "begin", hits: 1 },
  ]);
  faults.clear("b");
  expect(faults.list()).toHaveLength(2);
  faults.clear();
  expect(faults.list()).toEqual([]);
});

test("dates in requests are ISO, without a zone UTC; answers can be sent back", () => {
  expect(parseDate("2024-01-31")).toBe(Date.UTC(2024, 0, 31));
  expect(parseDate("2024-01-31T10:00:00")).toBe(Date.UTC(2024, 0, 31, 10));
  expect(parseDate("2024-01-31T10:00:00+02:00")).toBe(Date.UTC(2024, 0, 31, 8));
  expect(parseDate("/Date(-62135596800000)/")).toBe(-62135596800000);
  expect(parseDate("31.01.2024")).toBeUndefined();
  expect(parseDate("2024-13-01")).toBeUndefined();
});

test.each([
  ["SUBJECT", "x".repeat(256), "at most 255"],
  ["AMOUNT", "ten", "needs a number"],
  ["INVOICE_NUMBER", 1.5, "needs a whole number"],
  ["DOCUMENT_DATE", "31.01.2024", "needs a date"],
  ["NOTES", { a: 1 }, "needs text"],
])("field %s refuses a value that does not fit", (name, item, message) => {
  const field = fieldByName(name);
  if (field === undefined) throw new Error(`The catalogue lost ${name}.`);
  expect(() => parseItem(field, item)).toThrow(message);
});

test("the limiter never runs more than its limit, and runs everything", async () => {
  const limiter = new Limiter(2);
  let active = 0;
  let most = 0;
  const work = Array.from({ length: 10 }, (_, index) =>
    limiter.run(async () => {
      most = Math.max(most, ++active);
      await Promise.resolve();
      active--;
      return index;
    }),
  );
  expect(await Promise.all(work)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(2);
});
