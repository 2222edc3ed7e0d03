import { expect, test } from "vitest";
import type { DocumentRecord, FieldItem } from "../../../local/docuware/state/model.ts";
import type { Condition, Expression } from "../../../local/docuware/platform/search.ts";
import { search } from "../../../local/docuware/platform/search.ts";

const DAY = 24 * 3600 * 1000;
const JANUARY_31 = Date.UTC(2024, 0, 31);

function record(id: number, fields: Record<string, FieldItem>, createdAt = 0): DocumentRecord {
  const by = { createdBy: "probe", modifiedBy: "probe" };
  return { id, cabinetId: "c", fields, sections: [], createdAt, modifiedAt: createdAt, ...by };
}

const DOCUMENTS = [
  record(
    1,
    { SUBJECT: "Invoice (draft)", AMOUNT: 10, DOCUMENT_DATE: JANUARY_31, KEYWORDS: ["red", "Blue"] },
    JANUARY_31,
  ),
  record(2, { SUBJECT: "invoice 2*", AMOUNT: 20.5, DOCUMENT_DATE: JANUARY_31 + DAY }, JANUARY_31 + DAY - 1),
  record(3, { SUBJECT: "Offer", AMOUNT: 30, INVOICE_NUMBER: 7 }, JANUARY_31 + DAY),
  record(4, { SUBJECT: null, COMPANY: 'A "quoted" name' }, JANUARY_31 + 2 * DAY),
];

const ids = (conditions: readonly Condition[], more: Partial<Expression> = {}): readonly number[] => {
  const result = search(DOCUMENTS, { conditions, operation: "And", sort: [], ...more });
  if (!result.ok) throw new Error(result.error.message);
  return result.value.map((document) => document.id);
};
const where = (field: string, ...values: readonly (string | null)[]): Condition => ({ field, values });

test.each<[string, Condition, readonly number[]]>([
  ["an exact value, in any case", where("subject", "OFFER"), [3]],
  ["a star", where("SUBJECT", "inv*"), [1, 2]],
  ["stars around", where("SUBJECT", "*o*f*"), [1, 3]],
  ["question marks", where("SUBJECT", "Off??"), [3]],
  ["a question mark is exactly one character", where("SUBJECT", "Offer?"), []],
  ["escaped parentheses", where("SUBJECT", "Invoice \\(draft\\)"), [1]],
  ["an escaped star", where("SUBJECT", "invoice 2\\*"), [2]],
  ["a phrase takes wildcards literally", where("SUBJECT", '"invoice 2*"'), [2]],
  ["a phrase is the whole value", where("SUBJECT", '"invoice"'), []],
  ["a phrase may hold parentheses", where("SUBJECT", '"Invoice (draft)"'), [1]],
  ["phrases joined by OR", where("SUBJECT", '"offer" OR "invoice 2*"'), [2, 3]],
  ["quotes inside a value", where("COMPANY", 'a \\"quoted\\" name'), [4]],
  ["EMPTY()", where("SUBJECT", "EMPTY()"), [4]],
  ["NOTEMPTY()", where("AMOUNT", "NOTEMPTY()"), [1, 2, 3]],
  ["one of several keywords", where("KEYWORDS", "blue"), [1]],
  ["no keywords are empty", where("KEYWORDS", "EMPTY()"), [2, 3, 4]],
  ["a number", where("AMOUNT", "20.50"), [2]],
  ["a range with both ends included", where("AMOUNT", "10", "20.5"), [1, 2]],
  ["a range without lower end", where("AMOUNT", null, "20"), [1]],
  ["a range without upper end", where("AMOUNT", "20.5", null), [2, 3]],
  ["a text range", where("SUBJECT", "invoice 2", "o"), [2]],
  ["a date", where("DOCUMENT_DATE", "2024-01-31"), [1]],
  ["a date range", where("DOCUMENT_DATE", "2024-02-01", null), [2]],
  ["a date for a time means the whole day", where("DWSTOREDATETIME", "2024-01-31"), [1, 2]],
  ["a time means that moment", where("DWSTOREDATETIME", "2024-01-31T00:00:00Z"), [1]],
  ["an upper date includes its day", where("DWSTOREDATETIME", null, "2024-01-31"), [1, 2]],
  ["a system field", where("DWDOCID", "3"), [3]],
])("%s", (_name, condition, expected) => {
  expect(ids([condition])).toEqual(expected);
});

test("And needs every condition, Or needs one, none means all", () => {
  const both = [where("SUBJECT", "inv*"), where("AMOUNT", "10")];
  expect(ids(both)).toEqual([1]);
  expect(ids(both, { operation: "Or" })).toEqual([1, 2]);
  expect(ids([], { operation: "Or" })).toEqual([1, 2, 3, 4]);
});

test("sorts by several keys, empty values first, and by id where they are equal", () => {
  expect(ids([], { sort: [{ field: "AMOUNT", descending: true }] })).toEqual([3, 2, 1, 4]);
  expect(ids([], { sort: [{ field: "COMPANY", descending: false }] })).toEqual([1, 2, 3, 4]);
  const keys = [
    { field: "COMPANY", descending: true },
    { field: "SUBJECT", descending: true },
  ];
  expect(ids([], { sort: keys })).toEqual([4, 3, 2, 1]);
});

test.each<[Condition, string]>([
  [where("SUBJECT", "Invoice (draft)"), 'contains "("; write "\\("'],
  [where("NOPE", "x"), 'no field "NOPE"'],
  [where("AMOUNT", "ten"), '"ten" is not a number'],
  [where("DOCUMENT_DATE", "/Date(0)/"), "is not a date"],
  [where("SUBJECT", "a", "b", "c"), "needs one or two values"],
  [where("SUBJECT"), "needs one or two values"],
  [where("SUBJECT", null, null), "without any end"],
  [where("SUBJECT", null), "use EMPTY()"],
])("refuses %j", (condition, message) => {
  const result = search(DOCUMENTS, { conditions: [condition], operation: "And", sort: [] });
  expect(result).toMatchObject({ ok: false, error: { kind: "invalidCondition" } });
  expect(JSON.stringify(result)).toContain(JSON.stringify(message).slice(1, -1));
});

test("a sort field that does not exist or holds lists is unsortable", () => {
  for (const field of ["NOPE", "KEYWORDS"]) {
    const result = search([], { conditions: [], operation: "And", sort: [{ field, descending: false }] });
    expect(result).toMatchObject({ ok: false, error: { kind: "unsortable" } });
  }
});

test("a pattern full of stars over a long text is answered at once", () => {
  const long = record(9, { SUBJECT: "a".repeat(200_000) });
  const condition = where("SUBJECT", `${"*a".repeat(30)}*b`);
  const started = performance.now();
  expect(search([long], { conditions: [condition], operation: "And", sort: [] })).toEqual({ ok: true, value: [] });
  expect(performance.now() - started).toBeLessThan(1000);
});
