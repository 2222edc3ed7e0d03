// What a client's disposition means for the message, and how the broker confirms it.
import type { Disposition } from "../engine/settle.ts";
import { outcome } from "./rhea-adapter.ts";
import { fieldsOf, numberOf, outcomeField, type Typed } from "./values.ts";

export type OutcomeName = "accepted" | "released" | "modified" | "rejected";

const isTrue = (typed: Typed | undefined): boolean => typed?.value === true || numberOf(typed) === 1;

/** Reads the outcome `state` (as rhea keeps it, fields still typed); undefined for what is not served here. */
export function dispositionOf(name: OutcomeName, state: unknown): Disposition | undefined {
  if (name === "accepted") return "complete";
  if (name === "rejected") return undefined;
  const defers = isTrue(outcomeField(state, 1));
  return defers || fieldsOf(outcomeField(state, 2)).size > 0 ? undefined : "abandon";
}

/** The outcome that confirms it; made anew for each delivery. */
export const confirmationOf = (name: OutcomeName): unknown => outcome[name]();
