// A customer's choice is an act like an operator's: written to the audit log before and after. The endpoint cannot do
// it, because its address holds the link.

import { audited, type AuditDeps, type AuditOutcome } from "../platform/audit-log.ts";
import type { ReschedulePort } from "./reschedule-port.ts";

/** The port with `choose` under audit, the organisation as actor. Looking is not written down: it changes nothing. */
export function auditedReschedulePort(port: ReschedulePort, deps: AuditDeps): ReschedulePort {
  return {
    offer: (of) => port.offer(of),
    choose: ({ campaignId, organisationId, sequence }, wallStart) =>
      audited(
        deps,
        {
          actor: { kind: "customer", organisationId },
          action: "submit-reschedule",
          target: { campaignId, organisationId },
          details: { sequence, wallStart },
          traceId: `${campaignId}:${organisationId}:${sequence}`,
        },
        () => port.choose({ campaignId, organisationId, sequence }, wallStart),
        {
          ofResult: (chosen): AuditOutcome =>
            chosen.ok ? { kind: "succeeded" } : { kind: "refused", code: chosen.error.kind },
        },
      ),
  };
}
