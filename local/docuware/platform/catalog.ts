// What every simulated organisation contains: one file cabinet, one document tray, their fields and dialogs. Ids are
// derived from the organisation's id, so they are the same after every start.
import { createHash } from "node:crypto";
import type { FleetMember } from "../../fleet.ts";

type FieldType = "Text" | "Numeric" | "Memo" | "Date" | "Keyword" | "Decimal" | "DateTime" | "Table";

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Longest text; -1: not limited by a length. */
  readonly length: number;
  readonly isSystem: boolean;
}

const user = (name: string, label: string, type: FieldType, length = -1): Field => ({
  name,
  label,
  type,
  length,
  isSystem: false,
});
const system = (name: string, label: string, type: FieldType): Field => ({
  name,
  label,
  type,
  length: -1,
  isSystem: true,
});

export const USER_FIELDS: readonly Field[] = [
  user("SUBJECT", "Subject", "Text", 255),
  user("COMPANY", "Company", "Text", 100),
  user("DOCUMENT_TYPE", "Document type", "Text", 100),
  user("DOCUMENT_DATE", "Date", "Date"),
  user("AMOUNT", "Amount", "Decimal"),
  user("INVOICE_NUMBER", "Invoice number", "Numeric"),
  user("KEYWORDS", "Keywords", "Keyword", 255),
  user("NOTES", "Notes", "Memo"),
  // Nothing here ever fills these two: every answer shows how DocuWare tells of an empty field and an empty table.
  user("COMMENT", "Comment", "Memo"),
  user("POSITIONS", "Positions", "Table"),
];

/** DocuWare's answers name these before the user's fields. */
export const LEADING_FIELDS: readonly Field[] = [
  system("DWDOCID", "Document ID", "Numeric"),
  system("DWDOCSIZE", "Document size", "Numeric"),
  system("DWSTOREUSER", "Stored by", "Text"),
  system("DWSTOREDATETIME", "Stored on", "DateTime"),
  system("DWEXTENSION", "File type", "Text"),
  system("DWMODUSER", "Modified by", "Text"),
  system("DWMODDATETIME", "Modified on", "DateTime"),
  system("DWSECTIONCOUNT", "Section count", "Numeric"),
  system("DWPAGECOUNT", "Page count", "Numeric"),
];

/** And these after them. */
export const TRAILING_FIELDS: readonly Field[] = [
  system("DWCONTENTMODUSER", "Content modified by", "Text"),
  system("DWCONTENTMODDATETIME", "Content modified on", "DateTime"),
  system("DWDISK", "Disk number", "Numeric"),
  system("DWDISKNO", "Disk number", "Numeric"),
  system("DWVERSIONCOMMENT", "Change comment", "Text"),
  system("DWVERSTATUS", "Version status", "Text"),
  system("DWUSRVERSION", "Version number", "Text"),
];

export const SYSTEM_FIELDS: readonly Field[] = [...LEADING_FIELDS, ...TRAILING_FIELDS];

const FIELDS = new Map([...USER_FIELDS, ...SYSTEM_FIELDS].map((field) => [field.name, field]));

/** The field of this database name, in any case. */
export const fieldByName = (name: string): Field | undefined => FIELDS.get(name.toUpperCase());

type DialogType = "Search" | "Store" | "ResultList";

export interface Dialog {
  readonly id: string;
  readonly name: string;
  readonly type: DialogType;
  readonly isDefault: boolean;
}

export interface Cabinet {
  readonly id: string;
  readonly name: string;
  readonly isBasket: boolean;
  readonly dialogs: readonly Dialog[];
}

export interface Catalog {
  readonly organisationGuid: string;
  readonly cabinets: readonly Cabinet[];
}

/** The built-in dialog that every cabinet has although no list shows it. */
export const CUSTOM_DIALOG_ID = "00000000-0000-0000-0000-000000000000";

function guid(...parts: readonly string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function cabinet(organisationId: string, name: string, isBasket: boolean): Cabinet {
  const id = guid(organisationId, name);
  const dialog = (type: DialogType, label: string): Dialog => ({
    id: guid(organisationId, name, type),
    name: label,
    type,
    isDefault: true,
  });
  return {
    id: isBasket ? `b_${id}` : id,
    name,
    isBasket,
    dialogs: [dialog("Search", "Search"), dialog("Store", "Store"), dialog("ResultList", "Result list")],
  };
}

const cache = new Map<string, Catalog>();

export function catalogOf(member: FleetMember): Catalog {
  const { organisationId } = member;
  const known = cache.get(organisationId);
  if (known !== undefined) return known;
  const catalog: Catalog = {
    organisationGuid: guid(organisationId),
    cabinets: [cabinet(organisationId, "Documents", false), cabinet(organisationId, "Inbox", true)],
  };
  cache.set(organisationId, catalog);
  return catalog;
}
