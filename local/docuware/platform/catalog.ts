// What every simulated organisation contains: one file cabinet, one document tray, their fields and dialogs. Ids are
// derived from the organisation's id, so they are the same after every start.
import { createHash } from "node:crypto";
import type { FleetMember } from "../../fleet.ts";

type FieldType = "Text" | "Numeric" | "Memo" | "Date" | "Keyword" | "Decimal" | "DateTime";

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
const system = (name: string, type: FieldType): Field => ({ name, label: name, type, length: -1, isSystem: true });

export const USER_FIELDS: readonly Field[] = [
  user("SUBJECT", "Subject", "Text", 255),
  user("COMPANY", "Company", "Text", 100),
  user("DOCUMENT_TYPE", "Document type", "Text", 100),
  user("DOCUMENT_DATE", "Date", "Date"),
  user("AMOUNT", "Amount", "Decimal"),
  user("INVOICE_NUMBER", "Invoice number", "Numeric"),
  user("KEYWORDS", "Keywords", "Keyword", 255),
  user("NOTES", "Notes", "Memo"),
];

export const SYSTEM_FIELDS: readonly Field[] = [
  system("DWDOCID", "Numeric"),
  system("DWDOCSIZE", "Numeric"),
  system("DWEXTENSION", "Text"),
  system("DWSTOREUSER", "Text"),
  system("DWSTOREDATETIME", "DateTime"),
  system("DWMODUSER", "Text"),
  system("DWMODDATETIME", "DateTime"),
  system("DWSECTIONCOUNT", "Numeric"),
  system("DWPAGECOUNT", "Numeric"),
  system("DWDISKNO", "Numeric"),
];

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
  /** DocuWare's short organisation id, e.g. "7144". */
  readonly organisationNumber: string;
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
  const { organisationId, number } = member;
  const known = cache.get(organisationId);
  if (known !== undefined) return known;
  const catalog: Catalog = {
    organisationGuid: guid(organisationId),
    organisationNumber: String(7000 + number),
    cabinets: [cabinet(organisationId, "Documents", false), cabinet(organisationId, "Inbox", true)],
  };
  cache.set(organisationId, catalog);
  return catalog;
}
