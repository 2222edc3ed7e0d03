// Incidents in memory, with a mailer that can be told to misbehave.

import alertContract from "../../../infra/contract/alerts.json" with { type: "json" };
import type { NewIncident } from "../../../shared/incidents/core/incident.ts";
import { incidentStore } from "../../../shared/incidents/store.ts";
import { incidentVerbs } from "../../../shared/incidents/verbs.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import type { Mail, Mailer, MailOutcome } from "../../../shared/platform/mail/mail.ts";
import { memoryMailer } from "../../support/memory/memory-mail.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import type { Tables } from "../../../shared/platform/tables/tables.ts";
import { INCIDENTS_TABLE } from "../../../shared/incidents/resources.ts";

export const NOON = Date.UTC(2027, 1, 1, 12);
export const MINUTE = 60_000;
export const SUPPORT = "support@docuware.example";

export const trouble = (changes: Partial<NewIncident> = {}): NewIncident => ({
  incidentId: "upgrade:c-1:alpine:rollBackFailed",
  severity: 0,
  kind: "upgrade.rollBackFailed",
  title: "alpine could not be brought back",
  detail: "The restore failed.",
  subject: { organisationId: "alpine", campaignId: "c-1", version: "7.13.0.1" },
  ...changes,
});

export interface WorldOptions {
  readonly raw?: Tables;
  readonly tables?: (tables: Tables) => Tables;
  readonly mailer?: (mailer: Mailer) => Mailer;
}

export async function createWorld({ raw = memoryTables(), ...options }: WorldOptions = {}) {
  await raw.ensure([INCIDENTS_TABLE]);
  const time = { now: NOON };
  const mails = memoryMailer();
  /** Called instead of sending while it is set. */
  const says: { next: ((mail: Mail) => MailOutcome | Error) | undefined } = { next: undefined };
  const asked: Mail[] = [];
  const mailer: Mailer = {
    async send(mail) {
      asked.push(mail);
      const answer = says.next?.(mail);
      if (answer instanceof Error) throw answer;
      return answer ?? mails.send(mail);
    },
  };
  const deps = {
    store: incidentStore(options.tables?.(raw) ?? raw),
    mailer: options.mailer?.(mailer) ?? mailer,
    clock: { now: () => time.now },
    log: memoryLog(),
    supportAddress: SUPPORT,
    baseUrl: "https://operations.example/api/",
  };
  const verbs = incidentVerbs({ ...deps, tables: raw, trustedClock: deps.clock, alerts: alertContract, instance: "a" });
  return { time, mails, says, asked, deps, verbs, store: incidentStore(raw) };
}
export type World = Awaited<ReturnType<typeof createWorld>>;
