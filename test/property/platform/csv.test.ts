// CSV is read back by a reader of RFC 4180 that shares no code with the writer, and no cell begins like a formula.

import fc from "fast-check";
import { expect, test } from "vitest";
import { csvText } from "../../../shared/platform/http/csv.ts";

/** RFC 4180, letter by letter. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[at++];
      else isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === ",") {
      row.push(cell);
      cell = "";
    } else if (letter === "\r" && text[at + 1] === "\n") {
      rows.push([...row, cell]);
      row = [];
      cell = "";
      at++;
    } else cell += letter;
  }
  expect([isQuoted, row, cell]).toEqual([false, [], ""]);
  return rows;
}

const nasty = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "\t", "'", "=", "+", "-", "@", " ", "a", "ä", "＝") }),
  fc.string({ unit: "binary" }),
);
const isFormula = (text: string): boolean => "=+-@＝＋－＠\t\r\n".includes(text[0] ?? "x");

test("every table is read back, and a guarded cell differs only by the apostrophe in front", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(nasty, nasty)), nasty, (rows, name) => {
      const columns = [
        { name, cell: (row: readonly [string, string]) => row[0] },
        { name: "b", cell: (row: readonly [string, string]) => row[1] },
      ];
      const written = [[name, "b"], ...rows];
      const back = readCsv(csvText(columns, rows));
      expect(back.length).toBe(written.length);
      for (const [index, row] of back.entries()) {
        expect(row.length).toBe(2);
        for (const [column, cell] of row.entries()) {
          const original = written[index]?.[column] ?? "";
          expect(isFormula(cell)).toBe(false);
          expect(isFormula(cell.trimStart())).toBe(false);
          expect(cell === original || cell === `'${original}`).toBe(true);
          if (/^[a-zA-Z0-9]/u.test(original)) expect(cell).toBe(original);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("numbers keep their sign, texts that look like formulas do not run, absent is empty", () => {
  const rows: readonly (readonly (string | number | boolean | undefined)[])[] = [
    [-5, "=1+1", undefined, true],
    [1.5, "@SUM(A1)", 'say "hi", then go', false],
    [0, "\tx", "two\nlines", true],
  ];
  const columns = ["a", "b", "c", "d"].map((name, index) => ({
    name,
    cell: (row: (typeof rows)[number]) => row[index],
  }));
  expect(csvText(columns, rows)).toBe(
    'a,b,c,d\r\n-5,\'=1+1,,true\r\n1.5,\'@SUM(A1),"say ""hi"", then go",false\r\n0,\'\tx,"two\nlines",true\r\n',
  );
});

test("a number that is none is refused with its column", () => {
  expect(() => csvText([{ name: "seconds", cell: () => Number.NaN }], [1])).toThrow("column seconds holds NaN");
});
