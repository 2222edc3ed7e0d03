// What a language must bring to write the customer's pages. `page-german.ts` and `page-english.ts` do; dates, labels and
// the name of the link come from the words of the notices, so that mail and page say the same.

import type { Translation } from "../notices/core/translation.ts";
import type { OfferRefusal } from "./reschedule-port.ts";

/** Why a page does not let the customer choose. */
export type PageRefusal = "linkExpired" | "linkInvalid" | "linkForOther" | OfferRefusal["kind"];

export interface Said {
  readonly title: string;
  readonly text: string;
}

export interface PageTranslation {
  readonly notice: Translation;
  choose(organisationName: string, version: string): string;
  readonly currentHeading: string;
  readonly keep: string;
  readonly legend: string;
  /** `zone` as `zoneText` writes it; absent where each time names its own because the clocks change in between. */
  hint(zone: string | undefined): string;
  until(end: string): string;
  readonly confirm: string;
  readonly nothingChosen: string;
  readonly noOptions: string;
  readonly done: Said;
  readonly refusals: Readonly<Record<PageRefusal, Said>>;
  readonly again: string;
  readonly support: string;
}
