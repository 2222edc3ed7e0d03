// DocuWare versions. They have one canonical form, so that equal versions are equal texts: what is quarantined, claimed
// and compared cannot be passed by another spelling (7.12.1.0102 for 7.12.1.102, 7.13 for 7.13.0.0).

import { z } from "zod";
import { requiredText } from "./foreign.ts";

/** Four whole numbers of at most six digits, none with leading zeros, such as 7.13.0.42. */
const CANONICAL = /^(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){3}$/;

/** What callers give us: the canonical form, nothing else. */
export const versionSchema = z
  .string()
  .regex(CANONICAL, "must be four numbers of at most six digits, without leading zeros, such as 7.13.0.42");

/** What systems report, in the canonical form where it can be read as a version; as it is, cut, where it cannot. */
export const reportedVersion = () =>
  requiredText(LONGEST_REPORTED).transform((text) => canonicalVersion(text) ?? text.trim());

/** Longest text that is kept of what a system reports as its version. */
export const LONGEST_REPORTED = 50;

/** The canonical form of two to four numbers; undefined for any other text. */
export function canonicalVersion(text: string): string | undefined {
  const parts = text.trim().split(".");
  if (parts.length > 4) return undefined;
  const numbers = [...parts, "0", "0"].slice(0, 4).map((part) => part.replace(/^0+(?=\d)/, ""));
  const canonical = numbers.join(".");
  return CANONICAL.test(canonical) ? canonical : undefined;
}

/** Whether both are the same version, however each is written. */
export const isSameVersion = (a: string, b: string): boolean =>
  (canonicalVersion(a) ?? a.trim()) === (canonicalVersion(b) ?? b.trim());

/** Negative when `a` is older than `b`, 0 when they are the same; NaN when one of them is no version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [canonicalVersion(a), canonicalVersion(b)].map((one) => one?.split(".").map(Number));
  if (left === undefined || right === undefined) return Number.NaN;
  return left.map((part, index) => part - (right[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
