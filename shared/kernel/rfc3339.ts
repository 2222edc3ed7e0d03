// Instants: RFC 3339 at the API's edge, milliseconds since the epoch inside.

import { z } from "zod";

/** Milliseconds since the epoch. */
export const instant = z.int().nonnegative();
export const dateTime = z.iso.datetime({ offset: true });

export function rfc3339(instant: number): string;
/** Leaves an absent instant absent. */
export function rfc3339(instant: number | undefined): string | undefined;
export function rfc3339(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
