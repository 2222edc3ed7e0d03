// Tables as CSV (RFC 4180), safe to open in a spreadsheet program.

/** Undefined is an empty cell. */
export type CsvCell = string | number | boolean | undefined;

export interface CsvColumn<T> {
  readonly name: string;
  readonly cell: (row: T) => CsvCell;
}

/** Header and rows, each ended by CRLF. Throws a RangeError, naming the column, for a number that is not finite. */
export function csvText<T>(columns: readonly CsvColumn<T>[], rows: Iterable<T>): string {
  const lines = [columns.map(({ name }) => textCell(name)).join(",")];
  for (const row of rows) lines.push(columns.map((column) => cellText(column.name, column.cell(row))).join(","));
  return lines.map((line) => `${line}\r\n`).join("");
}

function cellText(column: string, cell: CsvCell): string {
  if (cell === undefined) return "";
  if (typeof cell === "string") return textCell(cell);
  if (typeof cell === "number" && !Number.isFinite(cell)) throw new RangeError(`column ${column} holds ${cell}`);
  return String(cell);
}

/**
 * Spreadsheet programs run texts that begin so as formulas (OWASP, CSV injection); an apostrophe makes them texts. Also
 * behind white space, which some programs strip. Numbers of ours are no texts: -5 stays -5.
 */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u;

function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  // White space at the ends is part of the cell only inside quotes for some readers.
  return /[",\r\n]|^\s|\s$/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
