// What of a call's parameters is written into the audit log: enough to see what was asked for, never a secret, never
// much. Everything is bounded here, whatever the caller sends.

import { cut } from "../../kernel/text.ts";

/** Names whose values are secrets or capabilities, e.g. the token in a link. */
const SECRET = /secret|token|password|credential|authorization|signature|key/i;
const REMOVED = "[removed]";
/** User and password in an address, e.g. of a webhook. */
const USER_INFO = /\/\/[^/\s@]{1,500}@/g;

const MAX_TEXT = 300;
const MAX_ITEMS = 50;
const MAX_DEPTH = 6;
/** All values together: what cannot fit into the text need not be looked at. */
const MAX_VALUES = 500;
const MAX_JSON = 2000;
const MAX_NAMES = 20;

/** A JSON value as text of at most 2,000 characters; long texts, lists and deep structures are cut short. */
export function redactedJson(value: unknown): string {
  return cut(JSON.stringify(prune(value, 0, { left: MAX_VALUES })) ?? "null", MAX_JSON);
}

/** Names and ids, at most 20 of at most 300 characters. */
export function redactedNames(names: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(names).slice(0, MAX_NAMES);
  return Object.fromEntries(
    entries.map(([name, value]) => [cut(name, MAX_TEXT), SECRET.test(name) ? REMOVED : redactedText(value)]),
  );
}

function prune(value: unknown, depth: number, budget: { left: number }): unknown {
  budget.left -= 1;
  if (typeof value === "string") return redactedText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (Array.isArray(value)) return pruneList(value, depth, budget);
  const pruned: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value).slice(0, MAX_ITEMS)) {
    if (budget.left <= 0) break;
    pruned[cut(name, MAX_TEXT)] = SECRET.test(name) ? REMOVED : prune(inner, depth + 1, budget);
  }
  return pruned;
}

function pruneList(list: readonly unknown[], depth: number, budget: { left: number }): readonly unknown[] {
  const pruned: unknown[] = [];
  for (const item of list.slice(0, MAX_ITEMS)) {
    if (budget.left <= 0) break;
    pruned.push(prune(item, depth + 1, budget));
  }
  const left = list.length - pruned.length;
  return left === 0 ? pruned : [...pruned, `[${left} more]`];
}

const redactedText = (text: string): string => cut(text, MAX_TEXT).replaceAll(USER_INFO, `//${REMOVED}@`);
