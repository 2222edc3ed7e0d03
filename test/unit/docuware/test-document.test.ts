import { describe, expect, test } from "vitest";
import type { DialogField } from "../../../shared/docuware/platform-api/cabinets.ts";
import {
  changedMarker,
  chooseMarkerField,
  contentDifference,
  indexValues,
  markerTime,
  newMarker,
  testContent,
} from "../../../shared/docuware/functional-suite/test-document.ts";

const NOW = 1_800_000_000_000;
const field = (name: string, more: Partial<DialogField> = {}): DialogField => ({
  name,
  type: "Text",
  length: -1,
  writable: true,
  required: false,
  ...more,
});

describe("marker", () => {
  test("carries its time, before and after the change, in any case", () => {
    const marker = newMarker(NOW, "0f8fad5b-d9cb-469f-a165-70867728950e");
    expect(marker).toBe("OPSCHECK-1800000000000-70867728950E");
    expect(markerTime(marker)).toBe(NOW);
    expect(markerTime(changedMarker(marker))).toBe(NOW);
    expect(markerTime(marker.toLowerCase())).toBe(NOW);
  });

  test("needs no escaping in a search and fits a field of 40 characters", () => {
    const longest = changedMarker(newMarker(NOW, '(x) * \\ "longest-id-there-is"'));
    expect(longest).toMatch(/^[A-Z0-9-]{1,40}$/);
  });

  test.each(["OPSCHECK-", "OPSCHECK-12-A", "OPSCHECK-1800000000000-A-OTHER", "x OPSCHECK-1800000000000-A", "Invoice"])(
    "%s is none",
    (value) => {
      expect(markerTime(value)).toBeUndefined();
    },
  );
});

describe("content", () => {
  test("is a few KB, the same for the same marker", () => {
    const content = testContent("OPSCHECK-1-A");
    expect(content.length).toBeGreaterThan(4_000);
    expect(content.length).toBeLessThan(8_000);
    expect(testContent("OPSCHECK-1-A")).toEqual(content);
  });

  test.each([
    [[1, 2, 3], [1, 2, 3], undefined],
    [[1, 2, 3], [1, 9, 3], "from byte 1 on"],
    [[1, 2, 3], [1, 2], "from byte 2 on"],
    [[1, 2], [1, 2, 3], "from byte 2 on"],
    [[1, 2], [], "0 bytes were downloaded, 2 stored"],
  ])("%j against %j", (stored, downloaded, expected) => {
    const difference = contentDifference(Uint8Array.from(stored), Uint8Array.from(downloaded));
    if (expected === undefined) expect(difference).toBeUndefined();
    else expect(difference).toContain(expected);
  });
});

describe("fields", () => {
  test("the preferred field, else the first that both dialogs have and that fits", () => {
    const both = [
      field("NUMBER", { type: "Numeric" }),
      field("SHORT", { length: 30 }),
      field("NAME"),
      field("SUBJECT"),
    ];
    expect(chooseMarkerField(both, both, "SUBJECT")).toBe("SUBJECT");
    expect(chooseMarkerField(both, both, "OTHER")).toBe("NAME");
    expect(chooseMarkerField([field("SUBJECT")], both, "NAME")).toBe("SUBJECT");
    expect(chooseMarkerField(both, [field("SUBJECT", { writable: false })], "SUBJECT")).toBeUndefined();
    expect(chooseMarkerField([], both, "SUBJECT")).toBeUndefined();
  });

  test("required fields get a harmless value of their type", () => {
    const required = ["Text", "Memo", "Numeric", "Decimal", "Date", "DateTime", "Keyword"].map((type) =>
      field(type.toUpperCase(), { type, required: true, length: type === "Text" ? 5 : -1 }),
    );
    const values = indexValues([field("SUBJECT"), field("FREE"), ...required], "SUBJECT", "M", NOW);
    expect(values.map((one) => [one.FieldName, one.Item, one.ItemElementName])).toEqual([
      ["SUBJECT", "M", "String"],
      ["TEXT", "Opera", "String"],
      ["MEMO", "Operations check", "Memo"],
      ["NUMERIC", 1, "Int"],
      ["DECIMAL", 1, "Decimal"],
      ["DATE", "2027-01-15", "Date"],
      ["DATETIME", "2027-01-15T08:00:00.000Z", "DateTime"],
    ]);
  });
});
