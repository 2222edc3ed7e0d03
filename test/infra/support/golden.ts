// What one snapshot has otherwise than another, as JSON: members that differ, resources by their id.

import { isRecord } from "./stack.ts";

const ABSENT = "(absent)";

/** JSON of the whole and of another snapshot -> JSON of what is different in the other one. */
export const changesFrom = (whole: string, other: string): string =>
  JSON.stringify(changes(byId(JSON.parse(whole)), byId(JSON.parse(other))));

/** Of values that differ. */
function changes(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after) || Array.isArray(after)) return after ?? ABSENT;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const different = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return Object.fromEntries(different.map((key) => [key, changes(before[key], after[key])]));
}

/** Lists of resources as objects, with sorted members throughout. */
function byId(value: unknown): unknown {
  if (Array.isArray(value)) {
    const ids = new Set(value.map((one: unknown) => (isRecord(one) ? one["id"] : undefined)));
    if (ids.size < value.length || ids.has(undefined)) return value.map(byId);
    return byId(Object.fromEntries(value.map((one: Record<string, unknown>) => [one["id"], one])));
  }
  if (!isRecord(value)) return value;
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, one]) => [key, byId(one)]));
}
