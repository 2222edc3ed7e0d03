// File cabinets and document trays.

import { z } from "zod";
import { flag, listOf, optionalText, requiredText, optionalNumber } from "../../kernel/foreign.ts";
import { readJson, type Platform } from "./platform.ts";

export interface FileCabinet {
  readonly id: string;
  readonly name: string;
  /** A document tray. */
  readonly isBasket: boolean;
  readonly isDefault: boolean;
}

const schema = z.object({
  FileCabinet: listOf(
    z.object({ Id: requiredText(), Name: optionalText(), IsBasket: flag(false), Default: flag(false) }),
  ),
});

/** All cabinets and trays the account sees. DocuWare allows 60 calls a minute and organisation: once per run. */
export async function listCabinets(platform: Platform): Promise<readonly FileCabinet[]> {
  const { FileCabinet: cabinets } = await readJson(platform, { method: "GET", path: "/FileCabinets" }, schema);
  return cabinets.map((one) => ({ id: one.Id, name: one.Name ?? "", isBasket: one.IsBasket, isDefault: one.Default }));
}

/** The wanted cabinet; without a wish the default one, else the first that is no tray. */
export function chooseCabinet(cabinets: readonly FileCabinet[], wanted: string | undefined): FileCabinet | undefined {
  if (wanted !== undefined) return cabinets.find((one) => one.id.toLowerCase() === wanted.toLowerCase());
  const real = cabinets.filter((one) => !one.isBasket);
  return real.find((one) => one.isDefault) ?? real[0];
}

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

const listSchema = z.object({
  Dialog: listOf(
    z.object({ Id: requiredText(), Type: optionalText(), IsDefault: flag(false), IsForMobile: flag(false) }),
  ),
});

const dialogSchema = z.object({
  Fields: listOf(
    z.object({
      DBFieldName: requiredText(),
      DWFieldType: optionalText(),
      Length: optionalNumber(),
      Visible: flag(true),
      Locked: flag(false),
      ReadOnly: flag(false),
      NotEmpty: flag(false),
      SelectListOnly: flag(false),
    }),
  ),
});

const pathOf = (cabinetId: string): string => `/FileCabinets/${encodeURIComponent(cabinetId)}/Dialogs`;

export async function listDialogs(platform: Platform, cabinetId: string): Promise<readonly Dialog[]> {
  const { Dialog: dialogs } = await readJson(platform, { method: "GET", path: pathOf(cabinetId) }, listSchema);
  return dialogs.map((one) => ({
    id: one.Id,
    type: one.Type ?? "",
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
    type: one.DWFieldType ?? "",
    length: one.Length ?? -1,
    writable: one.Visible && !one.Locked && !one.ReadOnly && !one.SelectListOnly,
    required: one.NotEmpty,
  }));
}
