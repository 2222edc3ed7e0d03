// Who does something: carried as a value from the edge to the audit log, never as a bare string.

export type Actor =
  | { readonly kind: "tool"; readonly clientId: string }
  | { readonly kind: "person"; readonly userId: string }
  | { readonly kind: "timer"; readonly job: string }
  | { readonly kind: "worker"; readonly queue: string }
  /** Whoever holds a link that was mailed to the organisation's contacts. */
  | { readonly kind: "customer"; readonly organisationId: string };

/** A stable text form for rows and comparison, e.g. `tool:operator-a`. Two actors are the same when it is equal. */
export function actorId(actor: Actor): string {
  switch (actor.kind) {
    case "tool":
      return `tool:${actor.clientId}`;
    case "person":
      return `person:${actor.userId}`;
    case "timer":
      return `timer:${actor.job}`;
    case "worker":
      return `worker:${actor.queue}`;
    case "customer":
      return `customer:${actor.organisationId}`;
  }
}
