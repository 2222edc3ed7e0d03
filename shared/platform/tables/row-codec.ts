// Values of the domain to and from rows, by their zod schema: a field with a primitive type becomes the cell of the same
// name (readable and filterable in any tool), every other field one JSON cell.
import { z } from "zod";
import { PermanentFailure } from "../../kernel/failures.ts";
import { MAX_TEXT_LENGTH } from "./table-requests.ts";
import type { Cell, Cells, RowKey } from "./tables.ts";

export interface RowCodec<T> {
  /** Fields that are undefined have no cell. Throws PermanentFailure when a text (or JSON) is too long for a cell. */
  encode(value: T): Cells;
  /**
   * Throws PermanentFailure, naming the field (and table and row, when `at` is given), for cells that do not fit the
   * schema. Cells without a field are ignored, so that an older version can read rows of a newer one.
   */
  decode(cells: Cells, at?: RowKey): T;
}

/** `table` appears in error messages. Throws at once for a schema with transforms: they cannot be written back. */
export function rowCodec<S extends z.ZodObject>(schema: S, table?: string): RowCodec<z.output<S>> {
  const fields = Object.entries(schema.shape).map(([name, type]) => ({ name, isPlain: isPlain(name, type) }));
  return {
    encode(value) {
      const properties = new Map<string, unknown>(Object.entries(value));
      const cells: Record<string, Cell> = {};
      for (const { name, isPlain } of fields) {
        const property = properties.get(name);
        if (property !== undefined) cells[name] = isPlain ? plainCell(name, property) : jsonCell(name, property);
      }
      return cells;
    },
    decode(cells, at) {
      const properties: Record<string, unknown> = {};
      for (const { name, isPlain } of fields) {
        const cell = cells[name];
        if (cell !== undefined) properties[name] = isPlain ? cell : parseJson(name, cell, whereIs(table, at));
      }
      const parsed = schema.safeParse(properties);
      if (parsed.success) return parsed.data;
      const issues = parsed.error.issues
        .slice(0, 5)
        .map(({ path, message }) => `${path.join(".") || "row"}: ${message}`);
      throw new PermanentFailure(`${whereIs(table, at)} does not fit its schema: ${issues.join("; ")}`);
    },
  };
}

function plainCell(name: string, value: unknown): Cell {
  // Callers are refused what is ill-formed; if some comes from elsewhere all the same, the row matters more than half a pair.
  if (typeof value === "string") return checked(name, value.toWellFormed());
  if (typeof value === "number" || typeof value === "boolean") return value;
  throw new PermanentFailure(
    `Field "${name}" is of type ${typeof value}, its schema promises a text, number or boolean.`,
  );
}

const jsonCell = (name: string, value: unknown): string => checked(name, JSON.stringify(value));

function checked(name: string, text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new PermanentFailure(`Field "${name}" takes ${text.length} characters, a cell holds ${MAX_TEXT_LENGTH}.`);
}

function parseJson(name: string, cell: Cell, where: string): unknown {
  try {
    return JSON.parse(String(cell));
  } catch (cause) {
    throw new PermanentFailure(`${where}: the cell "${name}" holds no JSON.`, { cause });
  }
}

function whereIs(table: string | undefined, at: RowKey | undefined): string {
  const row = at === undefined ? "A row" : `Row ${JSON.stringify([at.partition, at.row])}`;
  return table === undefined ? row : `${row} of table ${table}`;
}

/** Whether every value of the schema, if there is one, is a text, number or boolean. Null is none of them. */
function isPlain(name: string, schema: z.core.$ZodType): boolean {
  if (schema instanceof z.ZodPipe || schema instanceof z.ZodTransform) {
    throw new TypeError(`Field "${name}" has a transform: a row codec could not write its result back.`);
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodReadonly) {
    return isPlain(name, schema.def.innerType);
  }
  if (schema instanceof z.ZodUnion) return schema.def.options.every((option) => isPlain(name, option));
  if (schema instanceof z.ZodLiteral)
    return [...schema.values].every((value) => value !== null && typeof value !== "bigint");
  return (
    schema instanceof z.ZodString ||
    schema instanceof z.ZodStringFormat ||
    schema instanceof z.ZodNumber ||
    schema instanceof z.ZodBoolean ||
    schema instanceof z.ZodEnum
  );
}
