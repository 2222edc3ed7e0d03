// What tells people: notices to customers with their links, incidents to support, webhooks to other systems.

import { defined } from "../shared/kernel/defined.ts";
import { linkKeysSchema } from "../shared/customer-links/link-keys.ts";
import { noticeComposer } from "../shared/customer-links/notice-composer.ts";
import { acknowledgeIncident } from "../shared/incidents/acknowledge-incident.ts";
import type { NewIncident } from "../shared/incidents/core/incident.ts";
import { raiseIncident } from "../shared/incidents/raise-incident.ts";
import { sendIncidentMails } from "../shared/incidents/send-incident-mails.ts";
import { incidentStore } from "../shared/incidents/store.ts";
import { openTaskAsIncident } from "../shared/notices/raise-task.ts";
import { resendNotice, withdrawNotices } from "../shared/notices/correct-notices.ts";
import { cancelAppointment, wasNotified } from "../shared/notices/cancel-appointment.ts";
import { acceptances } from "../shared/notices/evidence.ts";
import type { NewNotice } from "../shared/notices/core/notice.ts";
import { planAnnouncement } from "../shared/notices/plan-announcement.ts";
import { recordBounce } from "../shared/notices/record-bounce.ts";
import { requestNotices } from "../shared/notices/request-notices.ts";
import { sendDueNotices } from "../shared/notices/send-due-notices.ts";
import { noticeStore } from "../shared/notices/store.ts";
import type { Actor } from "../shared/kernel/actor.ts";
import type { Ids } from "../shared/platform/ids.ts";
import { SettingsError, type Settings } from "../shared/platform/settings/settings.ts";
import { postOnce } from "../shared/platform/outbound/lazy-post.ts";
import { parseMasterKey } from "../shared/webhooks/secrets.ts";
import { webhookVerbs } from "../shared/webhooks/verbs.ts";
import type { Adapters } from "./adapters.ts";

export function incidentDependencies(settings: Settings, base: Adapters) {
  const { supportAddress } = settings.mail;
  const store = incidentStore(base.tables, base.log);
  const deps = { ...base, store, supportAddress, baseUrl: settings.publicBaseUrl };
  return {
    ...base,
    store,
    acknowledge: (incidentId: string, actor: Actor, ifMatch?: string) =>
      acknowledgeIncident(deps, incidentId, actor, ifMatch),
    sendMails: () => sendIncidentMails(deps),
    raise: (incident: NewIncident) => raiseIncident(deps, incident),
    openTask: openTaskAsIncident(deps),
  };
}

export type IncidentDependencies = ReturnType<typeof incidentDependencies>;

export function noticeDependencies(settings: Settings, base: Adapters, incidents: IncidentDependencies) {
  const { quota, sender, supportAddress, supportPhone } = settings.mail;
  const keys = linkKeysSchema.safeParse(settings.linkKeys);
  if (!keys.success) throw new SettingsError(keys.error.issues.map(({ message }) => `LINK_KEYS: ${message}`));
  const support = { email: supportAddress, ...defined({ phone: supportPhone }) };
  const composer = noticeComposer({
    baseUrl: settings.publicBaseUrl,
    keys: keys.data,
    supportAddress,
    ...defined({ supportPhone }),
    organizer: { name: "DocuWare Cloud Operations", email: sender },
  });
  const store = noticeStore(base.tables, base.log);
  const deps = { ...base, store, quota, composer, openTask: incidents.openTask };
  /** The mail continues the trace of whoever asked. */
  const traced = (asked: NewNotice): NewNotice => {
    const traceparent = base.telemetry.traceparent();
    return traceparent === undefined ? asked : { ...asked, traceparent };
  };
  return {
    ...base,
    store,
    keys: keys.data,
    support,
    request: (asked: readonly NewNotice[]) => requestNotices(deps, asked.map(traced)),
    cancel: (cancellation: NewNotice) => cancelAppointment(deps, traced(cancellation)),
    wasNotified: (of: Parameters<typeof wasNotified>[1]) => wasNotified(store, of),
    withdraw: (of: Parameters<typeof withdrawNotices>[1]) => withdrawNotices(deps, of),
    noticesOf: (...of: Parameters<typeof store.noticesOf>) => store.noticesOf(...of),
    accepted: (campaignId: string, organisationId: string) => acceptances(store, campaignId, organisationId),
    plan: (deadlines: readonly number[], kind?: "hotfix") => planAnnouncement(deps, deadlines, kind),
    sendDue: () => sendDueNotices(deps),
    recordBounce: (bounce: Parameters<typeof recordBounce>[1]) => recordBounce(deps, bounce),
    resend: (...[key, recipients]: [Parameters<typeof resendNotice>[1], readonly string[]]) =>
      resendNotice(deps, key, recipients),
  };
}

export type NoticeDependencies = ReturnType<typeof noticeDependencies>;

export function webhookDependencies(settings: Settings, base: Adapters, ids: Ids, incidents: IncidentDependencies) {
  const masterKey = parseMasterKey(settings.webhooks.masterKey);
  if (masterKey === undefined) throw new SettingsError(["WEBHOOK_MASTER_KEY: must be 32 bytes in base64"]);
  return webhookVerbs({
    ...base,
    ids,
    masterKey,
    outbound: settings.webhooks.outbound,
    post: postOnce,
    raise: async ({ incidentId, webhookId, summary }) => {
      const title = `Webhook ${webhookId} is switched off`;
      await incidents.raise({ incidentId, severity: 2, kind: "webhook.disabled", title, detail: summary, subject: {} });
    },
  });
}

export type WebhookDependencies = ReturnType<typeof webhookDependencies>;
