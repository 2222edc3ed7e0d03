// File cabinets and document trays.

import { z } from "zod";
import { flag, listOf, optionalText, requiredText } from "../../kernel/foreign.ts";
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
