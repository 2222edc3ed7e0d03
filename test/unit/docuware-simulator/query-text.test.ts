import fc from "fast-check";
import { expect, test } from "vitest";
import { formatQuery, parseQuery } from "../../../local/docuware/platform/query-text.ts";

test("writes what DocuWare writes", () => {
  const conditions = [
    { field: "COMPANY", values: ["US-Steel"] },
    { field: "DATE", values: ["2010-03-01", "2010-03-30"] },
  ];
  const text = "dialog;d1;;Or;;COMPANY:US-Steel;DATE:>=2010-03-01 AND <=2010-03-30";
  expect(formatQuery({ dialogId: "d1", operation: "Or", conditions })).toBe(text);
  expect(parseQuery(text)).toEqual({ ok: true, value: { dialogId: "d1", operation: "Or", conditions } });
});

test("reading gives back what was written, whatever the values are", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(">=1 AND <=2", "a;b:c%3B", " AND <=", ">=", ""),
  );
  const values = fc.oneof(
    fc.tuple(value),
    fc.tuple(value, value),
    fc.tuple(fc.constant(null), value),
    fc.tuple(value, fc.constant(null)),
  );
  const condition = fc.record({ field: fc.stringMatching(/^[A-Z_]{1,10}$/), values });
  const query = fc.record({
    dialogId: fc.uuid(),
    operation: fc.constantFrom("And" as const, "Or" as const),
    conditions: fc.array(condition, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(query, (one) => {
      expect(parseQuery(formatQuery(one))).toEqual({ ok: true, value: one });
    }),
  );
});

test.each([
  ["list;1", 'must begin with "dialog;'],
  ["dialog;1;;Xor;;A:b", 'operation "Xor"'],
  ["dialog;1;;And;;novalue", 'condition "novalue"'],
])("refuses %s", (text, message) => {
  expect(parseQuery(text)).toEqual({ ok: false, error: expect.stringContaining(message) });
});
