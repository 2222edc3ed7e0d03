// What a client's disposition means for the message, and how the broker confirms it.
import type { Disposition } from "../engine/settle.ts";
import type { Properties, PropertyValue } from "../engine/records.ts";
import { outcome } from "./rhea-adapter.ts";
import { encoded, fieldsOf, itemAt, numberOf, outcomeField, textOf, type Fields, type Typed } from "./values.ts";

const REASON = "DeadLetterReason";
const DESCRIPTION = "DeadLetterErrorDescription";

export function propertiesOf(fields: Fields, except: readonly string[] = []): Properties {
  const properties = new Map<string, PropertyValue>();
  for (const [name, value] of fields) if (!except.includes(name)) properties.set(name, encoded(value));
  return properties;
}

export interface Settlement {
  readonly disposition: Disposition;
  /** The outcome that confirms it; made anew for each delivery. */
  readonly confirm: () => unknown;
}

export type OutcomeName = "accepted" | "released" | "modified" | "rejected";

function deadLetterOf(state: unknown): Disposition {
  const info = fieldsOf(itemAt(outcomeField(state, 0), 2));
  return {
    kind: "deadLetter",
    reason: textOf(info.get(REASON)),
    description: textOf(info.get(DESCRIPTION)),
    properties: propertiesOf(info, [REASON, DESCRIPTION]),
  };
}

const isTrue = (typed: Typed | undefined): boolean => typed?.value === true || numberOf(typed) === 1;

/** Reads the outcome `state` (as rhea keeps it, fields still typed) that the client gave. */
export function settlementOf(name: OutcomeName, state: unknown): Settlement {
  switch (name) {
    case "accepted":
      return { disposition: { kind: "complete" }, confirm: outcome.accepted };
    case "released":
      return { disposition: { kind: "abandon", properties: new Map() }, confirm: outcome.released };
    case "modified": {
      const properties = propertiesOf(fieldsOf(outcomeField(state, 2)));
      const undeliverableHere = isTrue(outcomeField(state, 1));
      const kind = undeliverableHere ? "defer" : "abandon";
      return { disposition: { kind, properties }, confirm: () => outcome.modified(undeliverableHere) };
    }
    case "rejected":
      return { disposition: deadLetterOf(state), confirm: () => outcome.rejected() };
  }
}
