// What customers open by signed links, bound to the adapters once: for the composition root.

import { bind } from "../kernel/bind.ts";
import type { AuditLog } from "../platform/audit-log.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { LinkLog } from "./signals.ts";
import { auditedReschedulePort } from "./audited-port.ts";
import { readCalendar, type CalendarDeps } from "./calendar.ts";
import type { LinkKeys } from "./link-keys.ts";
import type { Support } from "./pages.ts";
import type { ReschedulePort } from "./reschedule-port.ts";
import { showReschedule, submitReschedule } from "./reschedule.ts";

export interface CustomerLinkNeeds {
  readonly keys: LinkKeys;
  readonly clock: Clock;
  readonly log: LinkLog;
  readonly support: Support;
  readonly audit: AuditLog;
  readonly organisationOf: CalendarDeps["organisationOf"];
  /** Of the upgrades. */
  readonly reschedulePort: ReschedulePort;
  readonly appointmentsOf: CalendarDeps["appointmentsOf"];
}

export type CustomerLinkVerbs = ReturnType<typeof customerLinkVerbs>;

export function customerLinkVerbs({ reschedulePort, audit, ...needs }: CustomerLinkNeeds) {
  const pages = { ...needs, port: auditedReschedulePort(reschedulePort, { audit, log: needs.log }) };
  return {
    showReschedule: bind(pages, showReschedule),
    submitReschedule: bind(pages, submitReschedule),
    readCalendar: bind(needs, readCalendar),
  };
}
