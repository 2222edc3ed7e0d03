// HTTP: functional checks.

import { z } from "zod";
import { rfc3339 } from "../../shared/kernel/rfc3339.ts";
import { checkRequestedView, checkView, healthView, viewCheck, viewHealth } from "../../shared/checks/api.ts";
import type { CheckVerbs } from "../../shared/checks/verbs.ts";
import { organisationIdSchema } from "../../shared/kernel/identity.ts";
import type { OrganisationVerbs } from "../../shared/organisations/verbs.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { organisationUnknown } from "./organisations.ts";

const params = z.object({ organisationId: organisationIdSchema });

export const checkEndpoints = (checks: CheckVerbs, organisations: OrganisationVerbs) => [
  getHealth(checks, organisations),
  listChecks(checks, organisations),
  requestCheck(checks, organisations),
];

const getHealth = (checks: CheckVerbs, organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "get-health",
    method: "GET",
    route: "organisations/{organisationId}/health",
    role: "Checks.Read",
    summary: "How the organisation is, by its latest functional check",
    params,
    answers: { 200: healthView },
    handle: async ({ params: { organisationId } }) => {
      const recent = await checks.store.list(organisationId, 10);
      if (recent.items.length === 0 && (await organisations.store.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: viewHealth(organisationId, recent.items) };
    },
  });

const listChecks = (checks: CheckVerbs, organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "list-checks",
    method: "GET",
    route: "organisations/{organisationId}/checks",
    role: "Checks.Read",
    summary: "Functional checks of the organisation, newest first",
    params,
    query: pageQuery,
    answers: { 200: pageOf(checkView) },
    handle: async ({ params: { organisationId }, query }) => {
      const page = await checks.store.list(organisationId, query.limit, query.cursor);
      if (page.items.length === 0 && (await organisations.store.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: pageView(page.items.map(viewCheck), page.cursor) };
    },
  });

const requestCheck = (checks: CheckVerbs, organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "request-check",
    method: "POST",
    route: "organisations/{organisationId}/checks",
    role: "Checks.Run",
    summary: "Asks for a functional check now",
    params,
    answers: { 202: checkRequestedView },
    handle: async ({ params: { organisationId } }) => {
      if ((await organisations.store.read(organisationId)) === undefined) return organisationUnknown(organisationId);
      const slot = await checks.request(organisationId);
      return {
        status: 202,
        body: { organisationId, slot: rfc3339(slot) },
        headers: { location: `/api/organisations/${organisationId}/checks` },
      };
    },
  });
