// Which names of time zones the system takes: those of the IANA time zone database, spelled as there.

import { Temporal } from "temporal-polyfill";
import { z } from "zod";

/** The longest IANA name has 32 characters; the bound keeps long input away from Intl. */
const MAX_LENGTH = 64;

/** The offset forms (`+01:00`) that Intl takes as well have no rules for daylight saving, so they are no zones here. */
const NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/**
 * Whether this run time knows `zone` as an IANA time zone: canonical names and links (`Europe/Kyiv`, `US/Eastern`,
 * `UTC`). Offsets and other spellings (`europe/berlin`) are refused, because the name goes out in calendar files, whose
 * readers compare it letter by letter.
 */
export function isTimeZone(zone: string): boolean {
  if (found.has(zone)) return true;
  if (zone.length > MAX_LENGTH || !NAME.test(zone)) return false;
  const known = knownAs(zone);
  const isKnown = known !== undefined && (known === zone || known.toLowerCase() !== zone.toLowerCase());
  if (isKnown) found.add(zone);
  return isKnown;
}

/** Asking Intl is slow, and a run time does not change its zones; only true names are kept, of which there are 600. */
const found = new Set<string>();

/** An IANA time zone such as `Europe/Berlin`. */
export const timeZoneSchema = z.string().refine(isTimeZone, "must be an IANA time zone such as Europe/Berlin");

function knownAs(zone: string): string | undefined {
  try {
    // Intl also takes names of ICU (`PST`), which Temporal refuses to compute with.
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
