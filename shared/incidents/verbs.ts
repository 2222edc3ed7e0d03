// All that can be done with incidents, bound to the adapters once: for the composition root.

import { bind } from "../kernel/bind.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Mailer } from "../platform/mail/mail.ts";
import type { Tables } from "../platform/tables/tables.ts";
import type { IncidentLog } from "./signals.ts";
import { acknowledgeIncident } from "./acknowledge-incident.ts";
import { severityByContract, type AlertContract } from "./alert-severity.ts";
import { reportClockOff } from "./clock-off.ts";
import { raiseIncident } from "./raise-incident.ts";
import { sendIncidentMails } from "./send-incident-mails.ts";
import { incidentStore } from "./store.ts";
import { takeAlert } from "./azure-monitor-alert.ts";

export interface IncidentNeeds {
  readonly tables: Tables;
  readonly mailer: Mailer;
  readonly clock: Clock;
  /** Right even while the clock of this instance is wrong: that is what must be reported. */
  readonly trustedClock: Clock;
  readonly log: IncidentLog;
  readonly supportAddress: string;
  /** Root of the API as support reaches it. */
  readonly baseUrl: string;
  readonly alerts: AlertContract;
  /** Name of this instance. */
  readonly instance: string;
}

export type IncidentVerbs = ReturnType<typeof incidentVerbs>;

export function incidentVerbs(needs: IncidentNeeds) {
  const store = incidentStore(needs.tables, needs.log);
  const deps = { ...needs, store };
  const trusted = { ...deps, clock: needs.trustedClock };
  const raise = bind(deps, raiseIncident);
  return {
    store,
    raise,
    acknowledge: bind(deps, acknowledgeIncident),
    takeAlert: bind({ raise, log: needs.log, severityOf: severityByContract(needs.alerts) }, takeAlert),
    sendMails: async () => {
      const run = await sendIncidentMails(deps);
      if (Object.values(run).some((count) => count > 0)) needs.log.event("incident.mailsSent", { ...run });
      return run;
    },
    /** Called again and again while the clock of this instance is wrong. */
    reportClockOff: reportClockOff({ ...trusted, raise: bind(trusted, raiseIncident) }),
  };
}
