// The dates of a campaign: ring after ring, each organisation in its next window that is long enough, not frozen, and
// can be announced four weeks ahead.

import { freezesFor, type Freeze } from "../../kernel/time/freeze.ts";
import type { MaintenanceWindow } from "../../kernel/time/maintenance-window.ts";
import { nextOpportunity } from "../../kernel/time/opportunity.ts";
import { firstAppointment, type Appointment } from "./appointment.ts";
import type { Need } from "./due.ts";
import type { Ring } from "./rings.ts";

export interface Plannable {
  readonly organisationId: string;
  readonly stamp: string;
  readonly window: MaintenanceWindow;
}

type Ordered = Pick<Ring, "ring" | "soakMs">;

export interface PlanQuery<R extends Ordered> {
  readonly rings: readonly R[];
  readonly ringOf: ReadonlyMap<string, string>;
  readonly freezes: readonly Freeze[];
  readonly need: Need;
  /** No upgrade before then; instants in milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter?: number | undefined;
  /** By when every notice will have been accepted. */
  readonly noticeAt: number;
}

export interface Dates<R extends Ordered> {
  readonly rings: readonly (R & Pick<Ring, "plannedFrom">)[];
  readonly appointments: ReadonlyMap<string, Appointment>;
  /** Organisations for which there is no date, and why. */
  readonly impossible: ReadonlyMap<string, string>;
}

export function planDates<R extends Ordered>(organisations: readonly Plannable[], query: PlanQuery<R>): Dates<R> {
  const { ringOf, freezes, need, notAfter, noticeAt } = query;
  const appointments = new Map<string, Appointment>();
  const impossible = new Map<string, string>();
  const members = Map.groupBy(organisations, ({ organisationId }) => ringOf.get(organisationId));
  let plannedFrom = query.notBefore;
  const rings = query.rings.map((ring) => {
    const planned = { ...ring, plannedFrom };
    let lastEnd = plannedFrom;
    for (const organisation of members.get(ring.ring) ?? []) {
      const wanted = {
        window: organisation.window,
        freezes: freezesFor(freezes, organisation),
        notBefore: plannedFrom,
        needMs: need.upgradeMs + need.rollBackMs,
        noticeAt,
      };
      const found =
        notAfter === undefined
          ? nextOpportunity(wanted)
          : nextOpportunity({ ...wanted, notAfter: Math.max(notAfter, plannedFrom) });
      if (found.ok) {
        appointments.set(organisation.organisationId, firstAppointment(found.value));
        lastEnd = Math.max(lastEnd, found.value.end);
      } else {
        const later = notAfter === undefined ? found : nextOpportunity(wanted);
        const hint = later.ok ? `; the first possible one opens ${later.value.wallStart} ${later.value.zone}` : "";
        impossible.set(organisation.organisationId, `${found.error.message}${hint}`);
      }
    }
    if (lastEnd > plannedFrom) plannedFrom = lastEnd + ring.soakMs;
    return planned;
  });
  return { rings, appointments, impossible };
}
