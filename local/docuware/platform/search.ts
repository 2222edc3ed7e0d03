// Evaluates a dialog expression over documents. Pure: documents in, the matching ones in order out.
import type { Result } from "../../../shared/kernel/result.ts";
import { err, ok } from "../../../shared/kernel/result.ts";
import type { DocumentRecord, FieldItem } from "../state/model.ts";
import type { Field } from "./catalog.ts";
import { fieldByName } from "./catalog.ts";
import { endOfDay, parseDate, startOfDay, valueOf } from "./field-values.ts";
import { matchesText, parseTextPattern } from "./search-text.ts";

/** One value: equal or wildcard. Two: an inclusive range, null leaves an end open. */
export interface Condition {
  readonly field: string;
  readonly values: readonly (string | null)[];
}

export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

export interface Expression {
  readonly conditions: readonly Condition[];
  readonly operation: "And" | "Or";
  readonly sort: readonly SortKey[];
}

export interface SearchRefusal {
  readonly kind: "invalidCondition" | "unsortable";
  readonly message: string;
}

type Predicate = (document: DocumentRecord) => boolean;

/** The documents that match, sorted; without a sort order by document id. */
export function search(
  documents: Iterable<DocumentRecord>,
  expression: Expression,
): Result<DocumentRecord[], SearchRefusal> {
  const predicates: Predicate[] = [];
  for (const condition of expression.conditions) {
    const predicate = compile(condition);
    if (!predicate.ok) return err({ kind: "invalidCondition", message: predicate.error });
    predicates.push(predicate.value);
  }
  const keys: { readonly field: Field; readonly sign: number }[] = [];
  for (const key of expression.sort) {
    const field = fieldByName(key.field);
    if (field === undefined || field.type === "Keyword" || field.type === "Memo") {
      return err({ kind: "unsortable", message: `The result cannot be sorted by field "${key.field}".` });
    }
    keys.push({ field, sign: key.descending ? -1 : 1 });
  }
  const matches: Predicate =
    expression.operation === "And" || predicates.length === 0
      ? (document) => predicates.every((predicate) => predicate(document))
      : (document) => predicates.some((predicate) => predicate(document));
  const found = [...documents].filter(matches);
  return ok(
    found.sort((a, b) => {
      for (const { field, sign } of keys) {
        const order = compare(valueOf(a, field), valueOf(b, field));
        if (order !== 0) return order * sign;
      }
      return a.id - b.id;
    }),
  );
}

/** Empty values first, numbers by size, text without regard to case. */
function compare(a: FieldItem, b: FieldItem): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a).toLowerCase(), String(b).toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

function compile(condition: Condition): Result<Predicate, string> {
  const field = fieldByName(condition.field);
  if (field === undefined) return err(`There is no field "${condition.field}".`);
  const [first, second, ...more] = condition.values;
  if (first === undefined || more.length > 0) return err(`Condition ${field.name} needs one or two values.`);
  if (second !== undefined) return compileRange(field, first, second);
  if (first === null) return err(`Condition ${field.name} has no value; use EMPTY() to search for empty fields.`);
  return isText(field) ? compileText(field, first) : compileScalar(field, first);
}

const isText = (field: Field): boolean => field.type === "Text" || field.type === "Memo" || field.type === "Keyword";

function compileText(field: Field, value: string): Result<Predicate, string> {
  const pattern = parseTextPattern(value);
  if (!pattern.ok) return err(`Condition ${field.name}: ${pattern.error}`);
  return ok((document) => {
    const held = valueOf(document, field);
    if (typeof held === "object" && held !== null && held.length > 0) {
      return held.some((word) => matchesText(pattern.value, word));
    }
    return matchesText(pattern.value, typeof held === "string" ? held : null);
  });
}

function compileScalar(field: Field, value: string): Result<Predicate, string> {
  const trimmed = value.trim();
  if (/^EMPTY\(\)$/i.test(trimmed)) return ok((document) => valueOf(document, field) === null);
  if (/^NOTEMPTY\(\)$/i.test(trimmed)) return ok((document) => valueOf(document, field) !== null);
  const low = bound(field, trimmed, "low");
  const high = bound(field, trimmed, "high");
  if (!low.ok) return low;
  if (!high.ok) return high;
  return ok(between(field, low.value, high.value));
}

function compileRange(field: Field, first: string | null, second: string | null): Result<Predicate, string> {
  if (first === null && second === null) return err(`Condition ${field.name} is a range without any end.`);
  if (field.type === "Keyword") return err(`Condition ${field.name}: keywords have no ranges.`);
  const low = first === null ? ok(undefined) : bound(field, first, "low");
  const high = second === null ? ok(undefined) : bound(field, second, "high");
  if (!low.ok) return low;
  if (!high.ok) return high;
  return ok(between(field, low.value, high.value));
}

/** A date without a time stands for the whole day, so its upper bound is the day's end. */
function bound(field: Field, text: string, end: "low" | "high"): Result<string | number, string> {
  const value = text.trim().replace(/^"(.*)"$/s, "$1");
  if (isText(field)) return ok(value.replace(/\\(.)/gs, "$1").toLowerCase());
  if (field.type === "Date" || field.type === "DateTime") {
    // DocuWare refuses its own answer form /Date(ms)/ in a search.
    const at = value.startsWith("/Date") ? undefined : parseDate(value);
    if (at === undefined) return err(`Condition ${field.name}: "${value}" is not a date such as 2024-01-31.`);
    if (field.type === "DateTime" && value.length > 10) return ok(at);
    return ok(end === "low" ? startOfDay(at) : endOfDay(at));
  }
  const number = value === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? ok(number) : err(`Condition ${field.name}: "${value}" is not a number.`);
}

function between(field: Field, low: string | number | undefined, high: string | number | undefined): Predicate {
  return (document) => {
    const held = valueOf(document, field);
    if (held === null || typeof held === "object") return false;
    const value = typeof held === "string" ? held.toLowerCase() : held;
    return (low === undefined || value >= low) && (high === undefined || value <= high);
  };
}
