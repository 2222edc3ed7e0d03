// The document as the Platform API gives it: shape, and what of it we use.

import { z } from "zod";
import { flag, listOf, optionalText, requiredCount, requiredText } from "../../kernel/foreign.ts";
import { docuwareDate } from "./answers.ts";

export interface PlatformDocument {
  readonly id: number;
  /** Index values by field name; those of keyword and table fields are left out. */
  readonly fields: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch by the server's clock. */
  readonly createdAt: number | undefined;
}

/** An index value to write. */
export interface IndexValue {
  readonly FieldName: string;
  readonly Item: string | number;
  readonly ItemElementName: "String" | "Memo" | "Int" | "Decimal" | "Date" | "DateTime";
}

export const documentSchema = z.object({
  // Numbers come as numeric text from some versions.
  Id: requiredCount(),
  // A field without a value has IsNull and no Item.
  Fields: listOf(z.object({ FieldName: requiredText(), IsNull: flag(false), Item: z.unknown().optional() })),
  CreatedAt: optionalText(),
});

export function documentOf(document: z.infer<typeof documentSchema>): PlatformDocument {
  const fields = document.Fields.flatMap(({ FieldName, IsNull, Item }): [string, string][] =>
    !IsNull && (typeof Item === "string" || typeof Item === "number") ? [[FieldName, String(Item)]] : [],
  );
  return { id: document.Id, fields: new Map(fields), createdAt: docuwareDate(document.CreatedAt) };
}

export const documentsPath = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Documents`;
