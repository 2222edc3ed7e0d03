// Search and store dialogs of a cabinet, and their fields.

import { z } from "zod";
import { readJson, type Platform } from "./platform.ts";

export interface Dialog {
  readonly id: string;
  readonly type: string;
  readonly isDefault: boolean;
  readonly isForMobile: boolean;
}

export interface DialogField {
  readonly name: string;
  /** Text, Memo, Numeric, Decimal, Date, DateTime, Keyword or Table. */
  readonly type: string;
  /** Longest text; negative when there is no limit. */
  readonly length: number;
  /** The user may give a value. */
  readonly writable: boolean;
  readonly required: boolean;
}

const listSchema = z.looseObject({
  Dialog: z.array(
    z.looseObject({
      Id: z.string().min(1),
      Type: z.string(),
      IsDefault: z.boolean().default(false),
      IsForMobile: z.boolean().default(false),
    }),
  ),
});

const dialogSchema = z.looseObject({
  Fields: z.array(
    z.looseObject({
      DBFieldName: z.string().min(1),
      DWFieldType: z.string(),
      Length: z.number().default(-1),
      Visible: z.boolean().default(true),
      Locked: z.boolean().default(false),
      ReadOnly: z.boolean().default(false),
      NotEmpty: z.boolean().default(false),
      SelectListOnly: z.boolean().default(false),
    }),
  ),
});

const pathOf = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Dialogs`;

export async function listDialogs(platform: Platform, cabinetId: string): Promise<readonly Dialog[]> {
  const { Dialog: dialogs } = await readJson(platform, { method: "GET", path: pathOf(cabinetId) }, listSchema);
  return dialogs.map((one) => ({
    id: one.Id,
    type: one.Type,
    isDefault: one.IsDefault,
    isForMobile: one.IsForMobile,
  }));
}

/** The default dialog of the type, else the first that is no mobile or internal copy (their ids carry an underscore). */
export function chooseDialog(dialogs: readonly Dialog[], type: "Search" | "Store"): Dialog | undefined {
  const usable = dialogs.filter((one) => one.type === type && !one.isForMobile && !one.id.includes("_"));
  return usable.find((one) => one.isDefault) ?? usable[0];
}

export async function readDialogFields(
  platform: Platform,
  cabinetId: string,
  dialogId: string,
): Promise<readonly DialogField[]> {
  const path = `${pathOf(cabinetId)}/${encodeURIComponent(dialogId)}`;
  const { Fields } = await readJson(platform, { method: "GET", path }, dialogSchema);
  return Fields.map((one) => ({
    name: one.DBFieldName,
    type: one.DWFieldType,
    length: one.Length,
    writable: one.Visible && !one.Locked && !one.ReadOnly && !one.SelectListOnly,
    required: one.NotEmpty,
  }));
}
