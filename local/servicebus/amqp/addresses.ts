// Link addresses. The SDKs write them in different ways (`queue`, `/queue`, `sb://host/queue`), in any case.

export type Address =
  | { readonly kind: "cbs" }
  | { readonly kind: "management"; readonly entity: string }
  | { readonly kind: "entity"; readonly entity: string };

const MANAGEMENT = "/$management";

export function parseAddress(address: string): Address {
  const path = address
    .replace(/^[a-z]+:\/\/[^/]*/i, "")
    .replace(/^\/+|\/+$/g, "")
    .toLowerCase();
  if (path === "$cbs") return { kind: "cbs" };
  if (path.endsWith(MANAGEMENT)) return { kind: "management", entity: path.slice(0, -MANAGEMENT.length) };
  return { kind: "entity", entity: path };
}

export interface AmqpFailure {
  readonly condition: string;
  readonly description: string;
}

/** The JS SDK recognises a missing entity by the words of this sentence. */
export const entityNotFound = (host: string, entity: string): AmqpFailure => ({
  condition: "amqp:not-found",
  description: `The messaging entity 'sb://${host}/${entity}' could not be found. Declare the queue in a resources.ts (topics are not supported).`,
});

export const forbidden = (description: string): AmqpFailure => ({ condition: "amqp:not-allowed", description });

export const notAuthorized: AmqpFailure = {
  condition: "amqp:unauthorized-access",
  description: "Put a valid token on $cbs before attaching links.",
};
