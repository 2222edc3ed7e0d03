// HTTP: incidents. The capabilities raise them, Azure Monitor by an alert.

import { z } from "zod";
import { rfc3339 } from "../../shared/kernel/rfc3339.ts";
import type { AcknowledgeRefusal } from "../../shared/incidents/acknowledge-incident.ts";
import { incidentsQuery, incidentView, viewIncident } from "../../shared/incidents/api.ts";
import { incidentIdSchema } from "../../shared/incidents/core/incident.ts";
import type { IncidentVerbs } from "../../shared/incidents/verbs.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageView } from "../../shared/platform/http/paging.ts";
import { type Problem, problem } from "../../shared/platform/http/problems.ts";
import { incidentProblem } from "../../shared/incidents/problems.ts";

const params = z.object({ incidentId: incidentIdSchema });

const incidentUnknown = (incidentId: string) =>
  incidentProblem("incidentUnknown", `There is no incident ${incidentId}. GET /api/incidents lists them.`);

export const incidentEndpoints = (incidents: IncidentVerbs) => [
  listIncidents(incidents),
  getIncident(incidents),
  acknowledge(incidents),
  takeAlert(incidents),
];

const listIncidents = ({ store }: IncidentVerbs) =>
  defineEndpoint({
    name: "list-incidents",
    method: "GET",
    route: "incidents",
    role: "Incidents.Read",
    summary: "Incidents, newest first, of one severity or of all",
    query: incidentsQuery,
    answers: { 200: pageOf(incidentView) },
    handle: async ({ query }) => {
      const page = await store.list({ ...query, limit: Math.min(query.limit, 100) });
      return { status: 200, body: pageView(page.items.map(viewIncident), page.cursor) };
    },
  });

const getIncident = ({ store }: IncidentVerbs) =>
  defineEndpoint({
    name: "get-incident",
    method: "GET",
    route: "incidents/{incidentId}",
    role: "Incidents.Read",
    summary: "One incident",
    params,
    answers: { 200: incidentView },
    handle: async ({ params: { incidentId } }) => {
      const stored = await store.read(incidentId);
      if (stored === undefined) return incidentUnknown(incidentId);
      return { status: 200, body: viewIncident(stored.incident), headers: { etag: stored.etag } };
    },
  });

const acknowledge = (incidents: IncidentVerbs) =>
  defineEndpoint({
    name: "acknowledge-incident",
    method: "POST",
    route: "incidents/{incidentId}/acknowledge",
    role: "Incidents.Respond",
    summary: "The caller takes care of the incident; the first one stands, the same caller again changes nothing",
    params,
    answers: { 200: incidentView },
    handle: async ({ params: { incidentId }, caller, headers }) => {
      const done = await incidents.acknowledge(incidentId, caller.actor, headers.ifMatch);
      if (!done.ok) return refusalOf(incidentId, done.error);
      return { status: 200, body: viewIncident(done.value.incident), headers: { etag: done.value.etag } };
    },
  });

function refusalOf(incidentId: string, refusal: AcknowledgeRefusal): Problem {
  switch (refusal.kind) {
    case "unknown":
      return incidentUnknown(incidentId);
    case "acknowledged":
      return problem(
        "wrongState",
        `${refusal.by} has acknowledged incident ${incidentId} at ${rfc3339(refusal.at)}. Talk to them.`,
      );
    case "changedMeanwhile":
      return problem("preconditionFailed", `Incident ${incidentId} has changed since it was read. Read it again.`);
  }
}

/** The common alert schema ends at 256 KB, older schemas embed the results of a query: a refused alert never comes again. */
const MAX_ALERT_BYTES = 3 * 1024 * 1024;

const takeAlert = (incidents: IncidentVerbs) =>
  defineEndpoint({
    name: "take-azure-monitor-alert",
    method: "POST",
    route: "alerts/azure-monitor",
    role: "ActionGroupsSecureWebhook",
    summary: "Takes an alert of Azure Monitor (common alert schema): one that has fired becomes an incident",
    body: z
      .unknown()
      .describe("An alert in the common alert schema. Any JSON is taken: what is missing is done without."),
    isForeign: true,
    maxBodyBytes: MAX_ALERT_BYTES,
    answers: {
      200: z.object({ incident: z.enum(["raised", "known", "none"]) }).meta({ examples: [{ incident: "raised" }] }),
    },
    handle: async ({ body }) => ({ status: 200, body: { incident: await incidents.takeAlert(body) } }),
  });
