// Field values on their way in and out. Inside, a date is a number of milliseconds; requests give ISO text, JSON
// answers give `/Date(ms)/` (clients fail on anything else).
import type { DocumentRecord, FieldItem } from "../state/model.ts";
import type { Field } from "./catalog.ts";
import { unprocessable } from "./platform-error.ts";

const MAX_MEMO = 1_000_000;
const MAX_KEYWORDS = 1000;

const ELEMENT_NAMES = {
  Text: "String",
  Numeric: "Int",
  Memo: "Memo",
  Date: "Date",
  Keyword: "Keywords",
  Decimal: "Decimal",
  DateTime: "DateTime",
  Table: "Table",
} as const;

export const elementName = (field: Field): string => ELEMENT_NAMES[field.type];

export const dateText = (at: number): string => `/Date(${at})/`;

/** ISO date or date-time (without zone: UTC), or `/Date(ms)/`; undefined when it is neither. */
export function parseDate(text: string): number | undefined {
  const dotNet = /^\/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\/$/.exec(text);
  if (dotNet?.[1] !== undefined) return Number(dotNet[1]);
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return undefined;
  const hasZone = text.length === 10 || /(Z|[+-]\d{2}:\d{2})$/.test(text.slice(11));
  const at = Date.parse(hasZone ? text : `${text}Z`);
  return Number.isNaN(at) ? undefined : at;
}

const DAY_MS = 24 * 3600 * 1000;
const startOfDay = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

/** The value to keep for `item`; throws 422 when it does not fit the field. */
export function parseItem(field: Field, item: unknown): FieldItem {
  if (item === null || item === undefined || item === "") return null;
  switch (field.type) {
    case "Text":
    case "Memo":
      return textItem(field, item);
    case "Keyword":
      return keywordsItem(field, item);
    case "Numeric":
    case "Decimal":
      return numberItem(field, item);
    case "Date":
    case "DateTime": {
      const at = typeof item === "string" ? parseDate(item) : undefined;
      if (at === undefined) throw unprocessable(`Field ${field.name} needs a date such as 2024-01-31.`);
      return field.type === "Date" ? startOfDay(at) : at;
    }
    case "Table":
      return emptyTable(field, item);
  }
}

/** Clients send back whole lists of fields that they were given, so an empty table is a value; rows are not kept here. */
function emptyTable(field: Field, item: unknown): null {
  if (typeof item === "object" && item !== null && "Row" in item && Array.isArray(item.Row) && item.Row.length === 0) {
    return null;
  }
  throw unprocessable(`Field ${field.name}: the simulator keeps no table rows.`);
}

function textItem(field: Field, item: unknown): string {
  if (typeof item !== "string" && typeof item !== "number") throw unprocessable(`Field ${field.name} needs text.`);
  const text = String(item);
  const limit = field.length === -1 ? MAX_MEMO : field.length;
  if (text.length > limit) throw unprocessable(`Field ${field.name} holds at most ${limit} characters.`);
  return text;
}

function keywordsItem(field: Field, item: unknown): readonly string[] {
  const list = typeof item === "object" && item !== null && "Keyword" in item ? item.Keyword : item;
  const words: readonly unknown[] = Array.isArray(list) ? list : [list];
  if (words.length > MAX_KEYWORDS) throw unprocessable(`Field ${field.name} holds at most ${MAX_KEYWORDS} keywords.`);
  return words.map((word) => textItem(field, word));
}

function numberItem(field: Field, item: unknown): number {
  const value = typeof item === "string" && item.trim() !== "" ? Number(item) : item;
  if (typeof value !== "number" || !Number.isFinite(value)) throw unprocessable(`Field ${field.name} needs a number.`);
  if (field.type === "Numeric" && !Number.isSafeInteger(value)) {
    throw unprocessable(`Field ${field.name} needs a whole number.`);
  }
  return value;
}

/** The value as tables of results carry it. */
export function renderItem(field: Field, value: FieldItem): unknown {
  if (value === null) return null;
  if (typeof value === "number" && (field.type === "Date" || field.type === "DateTime")) return dateText(value);
  if (typeof value === "object") return { $type: "DocumentIndexFieldKeywords", Keyword: value };
  return value;
}

/** Whether a document answers the field without `Item`; empty keywords and tables are values of their own. */
export const isAbsent = (field: Field, value: FieldItem): boolean =>
  value === null && field.type !== "Keyword" && field.type !== "Table";

/** `Item` of a field that is not absent, as documents carry it. */
export function fieldItem(field: Field, value: FieldItem): unknown {
  if (field.type === "Table") return { $type: "DocumentIndexFieldTable", Row: [] };
  if (field.type === "Keyword") return { $type: "DocumentIndexFieldKeywords", Keyword: value ?? [] };
  return renderItem(field, value);
}

/** The value of any field of the document, user or system field. */
export function valueOf(document: DocumentRecord, field: Field): FieldItem {
  if (!field.isSystem) return document.fields[field.name] ?? null;
  switch (field.name) {
    case "DWDOCID":
      return document.id;
    case "DWDOCSIZE":
      return sizeOf(document);
    case "DWEXTENSION":
      return extensionOf(document);
    case "DWSTOREUSER":
      return document.createdBy;
    case "DWSTOREDATETIME":
      return document.createdAt;
    case "DWMODUSER":
      return document.modifiedBy;
    case "DWMODDATETIME":
      return document.modifiedAt;
    case "DWSECTIONCOUNT":
    case "DWPAGECOUNT":
      return document.sections.length;
    case "DWCONTENTMODUSER":
      return document.createdBy;
    case "DWCONTENTMODDATETIME":
      return document.sections.at(-1)?.modifiedAt ?? document.createdAt;
    case "DWDISK":
    case "DWDISKNO":
      return 1;
    case "DWVERSIONCOMMENT":
      return "";
    case "DWVERSTATUS":
      return "Current version";
    case "DWUSRVERSION":
      return "1.0";
    default:
      return null;
  }
}

export const sizeOf = (document: DocumentRecord): number =>
  document.sections.reduce((sum, section) => sum + section.size, 0);

function extensionOf(document: DocumentRecord): string | null {
  const name = document.sections[0]?.fileName ?? "";
  const dot = name.lastIndexOf(".");
  return dot === -1 ? null : name.slice(dot).toLowerCase();
}
