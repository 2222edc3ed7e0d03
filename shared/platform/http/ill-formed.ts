// Half of a surrogate pair in what a caller sent: nothing can store or show it, so it is refused, wherever it stands.
// No recursion here: how deep a body is its sender decides.

import type { ProblemIssue } from "./problems.ts";

const MESSAGE = "must be well-formed Unicode: half of a surrogate pair stands alone";

/** The first `most` ill-formed strings, and names of members, in a value of JSON below `root` (a JSON pointer). */
export function illFormed(root: string, value: unknown, most: number): readonly ProblemIssue[] {
  // Pointers cost far more than looking, and hardly any body needs them.
  return isWellFormed(value) ? [] : issuesIn(root, value, most);
}

function isWellFormed(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") {
      if (!next.isWellFormed()) return false;
    } else if (Array.isArray(next)) {
      for (const item of next) open.push(item);
    } else if (typeof next === "object" && next !== null) {
      for (const [name, member] of Object.entries(next)) open.push(name, member);
    }
  }
  return true;
}

function issuesIn(root: string, value: unknown, most: number): readonly ProblemIssue[] {
  const issues: ProblemIssue[] = [];
  const open: [pointer: string, value: unknown][] = [[root, value]];
  for (let next = open.pop(); next !== undefined && issues.length < most; next = open.pop()) {
    const [pointer, inner] = next;
    if (typeof inner === "string") {
      if (!inner.isWellFormed()) issues.push({ pointer, message: MESSAGE });
    } else if (typeof inner === "object" && inner !== null) {
      for (const [name, member] of Object.entries(inner).toReversed()) {
        const at = pointer + pointerStep(name);
        if (!name.isWellFormed()) issues.push({ pointer: at, message: MESSAGE });
        open.push([at, member]);
      }
    }
  }
  return issues;
}

/** RFC 6901; well-formed, so that it can be shown. */
export const pointerStep = (step: PropertyKey): string =>
  `/${String(step).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")}`;
