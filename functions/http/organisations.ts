// HTTP: the registry of organisations.

import { z } from "zod";
import { organisationBody, organisationView } from "../../shared/organisations/api.ts";
import { organisationIdSchema } from "../../shared/kernel/identity.ts";
import type { OrganisationVerbs } from "../../shared/organisations/verbs.ts";
import { defineEndpoint, invalid } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { problem } from "../../shared/platform/http/problems.ts";
import { organisationProblem } from "../../shared/organisations/problems.ts";

const params = z.object({ organisationId: organisationIdSchema });

export const organisationUnknown = (organisationId: string) =>
  organisationProblem(
    "organisationUnknown",
    `There is no organisation ${organisationId}. GET /api/organisations lists them.`,
  );

export const organisationEndpoints = (organisations: OrganisationVerbs) => [
  listOrganisations(organisations),
  getOrganisation(organisations),
  replaceOrganisation(organisations),
  removeOrganisation(organisations),
];

const listOrganisations = (organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "list-organisations",
    method: "GET",
    route: "organisations",
    role: "Organisations.Read",
    summary: "Registered organisations, ascending by id",
    query: pageQuery,
    answers: { 200: pageOf(organisationView) },
    handle: async ({ query }) => {
      const page = await organisations.store.list(query.limit, query.cursor);
      return {
        status: 200,
        body: pageView(
          page.items.map((item) => item.organisation),
          page.cursor,
        ),
      };
    },
  });

const getOrganisation = (organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "get-organisation",
    method: "GET",
    route: "organisations/{organisationId}",
    role: "Organisations.Read",
    summary: "One organisation",
    params,
    answers: { 200: organisationView },
    handle: async ({ params: { organisationId } }) => {
      const found = await organisations.store.read(organisationId);
      if (found === undefined) return organisationUnknown(organisationId);
      return { status: 200, body: found.organisation, headers: { etag: found.etag } };
    },
  });

const replaceOrganisation = (organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "put-organisation",
    method: "PUT",
    route: "organisations/{organisationId}",
    role: "Organisations.Write",
    summary: "Registers an organisation, or replaces it (If-Match with the ETag that was read)",
    params,
    body: organisationBody,
    answers: { 200: organisationView, 201: organisationView },
    handle: async ({ params: { organisationId }, body, headers }) => {
      const put = await organisations.put({ organisationId, ...body }, headers.ifMatch);
      if (put.ok) {
        const { created, etag, organisation } = put.value;
        return { status: created ? 201 : 200, body: organisation, headers: { etag } };
      }
      switch (put.error.kind) {
        case "etagNeeded":
          return problem(
            "preconditionRequired",
            `Organisation ${organisationId} is registered. Send If-Match with the ETag that GET answered.`,
          );
        case "changedMeanwhile":
          return problem(
            "preconditionFailed",
            `Organisation ${organisationId} is gone or has another ETag. Read it again.`,
          );
        case "badAddress":
          return invalid([{ pointer: "/body/platformUrl", message: put.error.reason }]);
        case "tooFewWindows":
          return invalid([{ pointer: "/body/maintenanceWindow", message: put.error.message }]);
      }
    },
  });

const removeOrganisation = (organisations: OrganisationVerbs) =>
  defineEndpoint({
    name: "delete-organisation",
    method: "DELETE",
    route: "organisations/{organisationId}",
    role: "Organisations.Write",
    summary: "Removes an organisation from the registry (If-Match with the ETag that was read, or *)",
    params,
    answers: { 204: z.undefined() },
    handle: async ({ params: { organisationId }, headers }) => {
      if (headers.ifMatch === undefined)
        return problem("preconditionRequired", "Send If-Match with the ETag that GET answered.");
      const removed = await organisations.remove(organisationId, headers.ifMatch);
      if (removed.ok) return { status: 204 };
      switch (removed.error.kind) {
        case "unknown":
          return organisationUnknown(organisationId);
        case "held":
          return organisationProblem(
            "organisationInCampaign",
            `Organisation ${organisationId} cannot be removed: ${removed.error.because}. Skip it there first.`,
          );
        case "changedMeanwhile":
          return problem(
            "preconditionFailed",
            `Organisation ${organisationId} is gone or has another ETag. Read it again.`,
          );
      }
    },
  });
