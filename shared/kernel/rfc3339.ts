// Instants at the API's edge: RFC 3339 outside, milliseconds since the epoch inside.

export const rfc3339 = (instant: number): string => new Date(instant).toISOString();

/** Leaves an absent instant absent. */
export const optionalRfc3339 = <K extends string>(
  name: K,
  instant: number | undefined,
): { readonly [P in K]?: string } =>
  // The computed key is exactly K, which the type system widens to string.
  (instant === undefined ? {} : { [name]: rfc3339(instant) }) as { readonly [P in K]?: string };
