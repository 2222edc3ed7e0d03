// The audit log on Tables. What is written is bounded and freed of secrets here, for every caller.

import { actorId } from "../kernel/actor.ts";
import type { AuditedAct, AuditLog, AuditOutcome } from "../platform/audit-log.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Ids } from "../platform/ids.ts";
import { redactedJson, redactedNames } from "./core/redact.ts";
import type { Concluded, Entry } from "./entry.ts";
import type { AuditStore } from "./store.ts";

export interface AuditLogDeps {
  readonly store: Pick<AuditStore, "append" | "conclude">;
  readonly clock: Clock;
  readonly ids: Ids;
}

export function auditLog({ store, clock, ids }: AuditLogDeps): AuditLog {
  const entryOf = (act: AuditedAct): Entry => ({
    entryId: ids.next(),
    at: clock.now(),
    actor: actorId(act.actor),
    action: act.action,
    target: redactedNames(act.target),
    details: Object.fromEntries(Object.entries(act.details).map(([name, value]) => [name, redactedJson(value)])),
    traceId: act.traceId,
  });
  const concluded = ({ kind, ...rest }: AuditOutcome): Concluded => ({
    outcome: kind,
    ...rest,
    concludedAt: clock.now(),
  });
  return {
    async intend(act) {
      const entry = entryOf(act);
      await store.append(entry);
      return { entryId: entry.entryId, at: entry.at };
    },
    conclude: (intent, outcome) => store.conclude(intent, concluded(outcome)),
    refuse: (act, outcome) => store.append({ ...entryOf(act), ...concluded(outcome) }),
  };
}
