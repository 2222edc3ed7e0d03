// Cells to and from the entities of the Azure Tables SDK.
import type { Edm } from "@azure/data-tables";
import { PermanentFailure } from "../../kernel/failures.ts";
import type { Cell, Cells } from "./tables.ts";

const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
const NOT_CELLS = new Set(["partitionKey", "rowKey", "etag", "timestamp", "odata.metadata"]);

type EntityValue = string | number | boolean | Edm<"Int64"> | Edm<"Double">;

/**
 * Table storage guesses the type of a bare JSON number and refuses integers beyond 32 bits, so these say what they are:
 * Int64 as far as a JS number is exact, Double beyond.
 */
export function toEntityValue(cell: Cell): EntityValue {
  if (typeof cell !== "number" || (Number.isInteger(cell) && cell >= MIN_INT32 && cell <= MAX_INT32)) return cell;
  if (Number.isSafeInteger(cell)) return { type: "Int64", value: String(cell) };
  return { type: "Double", value: cell };
}

export function toEntityProperties(cells: Cells): Record<string, EntityValue> {
  const properties: Record<string, EntityValue> = {};
  for (const name of Object.keys(cells)) {
    const cell = cells[name];
    if (cell !== undefined) properties[name] = toEntityValue(cell);
  }
  return properties;
}

/** The cells of an entity as the SDK returns it. Throws PermanentFailure for a type that this app never writes. */
export function fromEntity(table: string, entity: Readonly<Record<string, unknown>>): Cells {
  const cells: Record<string, Cell> = {};
  for (const name of Object.keys(entity)) {
    if (NOT_CELLS.has(name)) continue;
    const value = entity[name];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") cells[name] = value;
    else if (typeof value === "bigint") cells[name] = Number(value);
    else throw new PermanentFailure(`Table ${table}: the stored cell "${name}" has a type that this app never writes.`);
  }
  return cells;
}
