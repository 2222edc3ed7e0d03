import fc from "fast-check";
import { expect, test } from "vitest";
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { escapeKey, unescapeKey, upperBound } from "../../../shared/platform/tables/table-keys.ts";

const ascii = fc.string({ unit: "binary-ascii", maxLength: 30 });
const anyText = fc.string({ unit: "binary", maxLength: 30 });

test("an escaped key holds nothing that Table storage refuses and can be read back", () => {
  fc.assert(
    fc.property(anyText, (plain) => {
      const escaped = escapeKey(plain);
      expect(escaped).not.toMatch(/[/\\#?%\p{Cc}]/u);
      expect(unescapeKey(escaped)).toBe(plain);
    }),
  );
});

test("escaped ASCII keys sort as the plain ones", () => {
  fc.assert(
    fc.property(ascii, ascii, (a, b) => {
      expect(escapeKey(a) < escapeKey(b)).toBe(a < b);
    }),
  );
  const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  expect(all.map(escapeKey).toSorted().map(unescapeKey)).toEqual(all);
});

test("the escaped keys between prefix and upper bound are those that start with the prefix", () => {
  fc.assert(
    fc.property(anyText, anyText, fc.boolean(), (prefix, other, isInside) => {
      const [from, key] = [escapeKey(prefix), escapeKey(isInside ? prefix + other : other)];
      const below = upperBound(from);
      expect(key >= from && (below === undefined || key < below)).toBe(
        (isInside ? prefix + other : other).startsWith(prefix),
      );
    }),
  );
});

test.each(["\uffff", "\ud7ff", "\u{10ffff}", "a\uffff\uffff", ""])("the upper bound of %j is well-formed", (prefix) => {
  const below = upperBound(prefix);
  expect(below === undefined || (below > `${prefix}\uffff` && below.isWellFormed())).toBe(true);
});

test.each(["a/b", "a.b", "~", "a b", '"2', "~1zz"])("%j is no escaped key", (text) => {
  expect(() => unescapeKey(text)).toThrow(PermanentFailure);
});
