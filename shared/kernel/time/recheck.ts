// Governments change clocks at short notice. What was promised is the wall time; the stored instant is a copy that must
// be compared whenever tzdata may have changed.

import { firstInstant, parseWall } from "./wall-time.ts";
import { isTimeZone } from "./zones.ts";

/** A promised wall time and the instant derived from it when it was stored (ms since the epoch). */
export interface StoredInstant {
  readonly wallStart: string;
  readonly zone: string;
  readonly instant: number;
}

export type Recheck =
  | { readonly kind: "same" }
  /** tzdata moved it: use `instant` from now on and tell the customer again. `movedMs` > 0 means later than stored. */
  | { readonly kind: "moved"; readonly instant: number; readonly movedMs: number }
  /** This run time does not know the zone (any more): nothing may start, a person must choose a zone. */
  | { readonly kind: "unknownZone"; readonly zone: string };

/** Derives the instant anew with today's tzdata. Throws a RangeError when `wallStart` is no wall time. */
export function recheck({ wallStart, zone, instant }: StoredInstant): Recheck {
  const wall = parseWall(wallStart);
  if (!isTimeZone(zone)) return { kind: "unknownZone", zone };
  const derived = firstInstant(wall, zone);
  return derived === instant ? { kind: "same" } : { kind: "moved", instant: derived, movedMs: derived - instant };
}
