// The document of the functional test: its marker, bytes and index values. Pure.

import type { DialogField } from "../platform-api/cabinets.ts";
import type { IndexValue } from "../platform-api/documents.ts";
import { part } from "../../kernel/text.ts";

/** Every marker begins so. Upper case, because a cabinet may store its values in upper case. */
export const MARKER_PREFIX = "OPSCHECK-";
const NEW_VALUE_SUFFIX = "-NEW";
const MARKER = /^OPSCHECK-(\d{13})-[A-Z0-9]{1,12}(?:-NEW)?$/;
/** OPSCHECK-, 13 digits, a hyphen, 12 characters, -NEW. */
const MARKER_LENGTH = 39;
const CONTENT_BYTES = 4_096;

/** A value that no other document has: letters, digits and hyphens, so that nothing in a search must be escaped. */
export function newMarker(now: number, id: string): string {
  const unique = part(id.replaceAll(/[^A-Za-z0-9]/g, ""), -12).toUpperCase();
  return `${MARKER_PREFIX}${String(now).padStart(13, "0")}-${unique || "0"}`;
}

/** The value after the update step; a search for the marker followed by * finds both. */
export const changedMarker = (marker: string): string => `${marker}${NEW_VALUE_SUFFIX}`;

/** When the test began that wrote this value (milliseconds since the epoch); undefined when no test did. */
export function markerTime(value: string): number | undefined {
  const digits = MARKER.exec(value.toUpperCase())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A few KB that are the same for the same marker and carry no customer's data. */
export function testContent(marker: string): Uint8Array {
  const line = `${marker} functional test of DocuWare Cloud operations, äöü €, may be deleted.\r\n`;
  return Buffer.from(line.repeat(Math.ceil(CONTENT_BYTES / line.length)));
}

/** Says where two contents differ, without any of it; undefined when they are equal. */
export function contentDifference(stored: Uint8Array, downloaded: Uint8Array): string | undefined {
  if (Buffer.compare(stored, downloaded) === 0) return undefined;
  const at = stored.findIndex((byte, index) => downloaded[index] !== byte);
  const where = at < 0 ? stored.length : at;
  return `${downloaded.length} bytes were downloaded, ${stored.length} stored; they differ from byte ${where} on.`;
}

/** The text field that carries the marker: the preferred one if both dialogs have it, else the first they share. */
export function chooseMarkerField(
  searchFields: readonly DialogField[],
  storeFields: readonly DialogField[],
  preferred: string,
): string | undefined {
  const searchable = new Set(searchFields.filter((one) => one.writable).map((one) => one.name));
  const fits = storeFields.filter(
    ({ name, type, length, writable }) =>
      type === "Text" && writable && searchable.has(name) && (length <= 0 || length >= MARKER_LENGTH),
  );
  return (fits.find((one) => one.name === preferred) ?? fits[0])?.name;
}

/** The marker in its field, and something harmless in every other field that the store dialog wants filled. */
export function indexValues(
  storeFields: readonly DialogField[],
  field: string,
  marker: string,
  now: number,
): readonly IndexValue[] {
  const others = storeFields.filter((one) => one.required && one.writable && one.name !== field);
  return [
    { FieldName: field, Item: marker, ItemElementName: "String" },
    ...others.flatMap((one) => filler(one, new Date(now).toISOString())),
  ];
}

function filler({ name: FieldName, type, length }: DialogField, iso: string): readonly IndexValue[] {
  const text = length > 0 ? part("Operations check", 0, length) : "Operations check";
  switch (type) {
    case "Text":
      return [{ FieldName, Item: text, ItemElementName: "String" }];
    case "Memo":
      return [{ FieldName, Item: text, ItemElementName: "Memo" }];
    case "Numeric":
      return [{ FieldName, Item: 1, ItemElementName: "Int" }];
    case "Decimal":
      return [{ FieldName, Item: 1, ItemElementName: "Decimal" }];
    case "Date":
      return [{ FieldName, Item: part(iso, 0, 10), ItemElementName: "Date" }];
    case "DateTime":
      return [{ FieldName, Item: iso, ItemElementName: "DateTime" }];
    default:
      // Keyword and table fields: DocuWare itself says what is missing.
      return [];
  }
}
