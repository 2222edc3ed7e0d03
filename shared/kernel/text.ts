// Text that others wrote. Whatever is stored, sent or shown must be well-formed: storage refuses a lone half of a
// surrogate pair, and a row that cannot be saved holds up whoever needs it. Here alone text may be cut (bare-cuts.d.ts).
/* oxlint-disable typescript/no-deprecated */

const ELLIPSIS = "…";

/** At most `most` UTF-16 units (what storage counts), never ending inside a character; what is left out shows as "…". */
export function cut(text: string, most: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= most) return whole;
  const kept = whole.slice(0, Math.max(0, most - ELLIPSIS.length));
  // The cut may have left the first half of a pair at the end.
  return (kept.isWellFormed() ? kept : kept.slice(0, -1)) + ELLIPSIS;
}

/** `slice`, for parts of what we wrote ourselves: ids, hashes, dates, keys. */
export const part = (text: string, start: number, end?: number): string => text.slice(start, end).toWellFormed();
