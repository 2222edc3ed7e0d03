// The document as the Platform API gives it: shape, and what of it we use.

import { z } from "zod";
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

export const documentSchema = z.looseObject({
  // Numbers come as numeric text from some versions.
  Id: z.coerce.number().int().nonnegative(),
  Fields: z
    .array(z.looseObject({ FieldName: z.string(), Item: z.unknown() }))
    .nullish()
    .transform((fields) => fields ?? []),
  CreatedAt: z.string().nullish(),
});

export function documentOf(document: z.infer<typeof documentSchema>): PlatformDocument {
  const fields = document.Fields.flatMap(({ FieldName, Item }): [string, string][] =>
    typeof Item === "string" || typeof Item === "number" ? [[FieldName, String(Item)]] : [],
  );
  return { id: document.Id, fields: new Map(fields), createdAt: docuwareDate(document.CreatedAt) };
}

export const documentsPath = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Documents`;
