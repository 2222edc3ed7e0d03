// Limits of the requests that every implementation of Tables checks before it acts.

import { PermanentFailure } from "../../kernel/failures.ts";
import type { Write, Cells } from "./tables.ts";
import { cut } from "../../kernel/text.ts";

const MAX_WRITES = 100;
const MAX_PAGE = 1000;

/** Throws PermanentFailure unless there are 1 to 100 writes of distinct rows. */
export function checkTransaction(table: string, writes: readonly Write[]): void {
  if (writes.length === 0 || writes.length > MAX_WRITES) {
    throw new PermanentFailure(
      `A transaction on table ${table} takes 1 to ${MAX_WRITES} writes, not ${writes.length}.`,
    );
  }
  const rows = new Set<string>();
  for (const { row } of writes) {
    if (rows.has(row)) {
      throw new PermanentFailure(`A transaction on table ${table} writes row ${JSON.stringify(row)} twice.`);
    }
    rows.add(row);
  }
}

/** Throws PermanentFailure unless the page size is 1 to 1,000. */
export function checkListLimit(table: string, limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new PermanentFailure(`A list of table ${table} takes a limit of 1 to ${MAX_PAGE}, not ${limit}.`);
  }
}

/** Table storage: 64 KiB of UTF-16 per text, less one unit of slack. */
export const MAX_TEXT_LENGTH = 32_767;
/** Table storage: 1 MiB per row, 252 own properties, names of up to 255 characters. */
const MAX_ROW_BYTES = 1_048_576;
const MAX_CELLS = 252;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
/** Names that Table storage or its SDK use for the row itself. */
const RESERVED = new Set(["partitionkey", "rowkey", "timestamp", "etag"]);

/**
 * Throws PermanentFailure, naming table, row and cell, when Table storage would refuse the row or the SDK would lose
 * part of it.
 */
export function checkCells(table: string, row: string, cells: Cells): void {
  const refuse = (why: string): never => {
    throw new PermanentFailure(`Row ${JSON.stringify(row)} of table ${table}: ${why}`);
  };
  let bytes = 0;
  let count = 0;
  for (const [name, value] of Object.entries(cells)) {
    count += 1;
    if (!NAME.test(name)) refuse(`the cell name ${JSON.stringify(cut(name, 60))} must match ${NAME.source}.`);
    if (RESERVED.has(name.toLowerCase())) refuse(`the cell name "${name}" is reserved by Table storage.`);
    if (typeof value === "string") {
      if (value.length > MAX_TEXT_LENGTH) {
        refuse(`cell "${name}" has ${value.length} characters, at most ${MAX_TEXT_LENGTH} are allowed.`);
      }
      if (!value.isWellFormed()) refuse(`cell "${name}" is not well-formed Unicode.`);
      bytes += 4 + value.length * 2;
    } else if (typeof value === "number") {
      if (!Number.isFinite(value)) refuse(`cell "${name}" is ${value}, only finite numbers can be stored.`);
      bytes += 8;
    } else if (typeof value === "boolean") {
      bytes += 1;
    } else {
      refuse(
        `cell "${name}" is ${value === null ? "null" : `of type ${typeof value}`}, not a text, number or boolean.`,
      );
    }
    bytes += 8 + name.length * 2;
  }
  if (count > MAX_CELLS) refuse(`it has ${count} cells, at most ${MAX_CELLS} are allowed.`);
  if (bytes > MAX_ROW_BYTES) refuse(`it takes about ${bytes} bytes, at most ${MAX_ROW_BYTES} are allowed.`);
}
