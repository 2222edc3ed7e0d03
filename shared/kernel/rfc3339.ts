// Instants at the API's edge: RFC 3339 outside, milliseconds since the epoch inside.

export function rfc3339(instant: number): string;
/** Leaves an absent instant absent. */
export function rfc3339(instant: number | undefined): string | undefined;
export function rfc3339(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
