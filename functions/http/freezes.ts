// HTTP: freezes, the periods without upgrades.

import { z } from "zod";
import { dryRunView, freezeBody, freezeIdSchema, freezeView } from "../../shared/freezes/api.ts";
import type { FreezeRefusal } from "../../shared/freezes/put-freeze.ts";
import { MAX_FREEZES } from "../../shared/freezes/store.ts";
import type { FreezeVerbs } from "../../shared/freezes/verbs.ts";
import type { Freeze } from "../../shared/kernel/time/freeze.ts";
import { defineEndpoint, invalid } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import { problem, type Problem } from "../../shared/platform/http/problems.ts";
import { freezeProblem } from "../../shared/freezes/problems.ts";

const params = z.object({ freezeId: freezeIdSchema });
const dryRunQuery = z.strictObject({ dryRun: z.enum(["true", "false"]).default("false") });

const freezeUnknown = (freezeId: string): Problem =>
  freezeProblem("freezeUnknown", `There is no freeze ${freezeId}. GET /api/freezes lists them.`);
const changed = (freezeId: string): Problem =>
  problem("preconditionFailed", `Freeze ${freezeId} is gone or has another ETag. Read it again.`);

export function freezeEndpoints(freezes: FreezeVerbs) {
  return [listFreezes(freezes), getFreeze(freezes), replaceFreeze(freezes), removeFreeze(freezes)];
}

const listFreezes = ({ store }: FreezeVerbs) =>
  defineEndpoint({
    name: "list-freezes",
    method: "GET",
    route: "freezes",
    role: "Organisations.Read",
    summary: "Freezes, ascending by id",
    query: pageQuery,
    answers: { 200: pageOf(freezeView) },
    handle: async ({ query }) => {
      const page = await store.list(query.limit, query.cursor);
      const items = page.items.map(({ freeze }) => freeze);
      return { status: 200, body: pageView(items, page.cursor) };
    },
  });

const getFreeze = ({ store }: FreezeVerbs) =>
  defineEndpoint({
    name: "get-freeze",
    method: "GET",
    route: "freezes/{freezeId}",
    role: "Organisations.Read",
    summary: "One freeze",
    params,
    answers: { 200: freezeView },
    handle: async ({ params: { freezeId } }) => {
      const found = await store.read(freezeId);
      if (found === undefined) return freezeUnknown(freezeId);
      return { status: 200, body: found.freeze, headers: { etag: found.etag } };
    },
  });

const replaceFreeze = (freezes: FreezeVerbs) =>
  defineEndpoint({
    name: "put-freeze",
    method: "PUT",
    route: "freezes/{freezeId}",
    role: "Upgrades.Manage",
    summary: "Enters a freeze, or replaces it (If-Match with the ETag that was read); dryRun=true only tells",
    params,
    query: dryRunQuery,
    body: freezeBody,
    answers: { 200: z.union([freezeView, dryRunView]), 201: freezeView },
    handle: async ({ params: { freezeId }, query, body, headers }) => {
      const freeze: Freeze = { freezeId, ...body };
      if (query.dryRun === "true") {
        const tried = await freezes.tryPut(freeze, headers.ifMatch);
        if (!tried.ok) return refusal(freeze, tried.error);
        return { status: 200, body: { dryRun: true as const, freeze, organisationsInScope: tried.value.checked } };
      }
      const put = await freezes.put(freeze, headers.ifMatch);
      if (!put.ok) return refusal(freeze, put.error);
      return { status: put.value.created ? 201 : 200, body: put.value.freeze, headers: { etag: put.value.etag } };
    },
  });

function refusal({ freezeId, scope }: Freeze, refused: FreezeRefusal): Problem {
  switch (refused.kind) {
    case "etagNeeded":
      return problem(
        "preconditionRequired",
        `Freeze ${freezeId} is entered. Send If-Match with the ETag that GET answered.`,
      );
    case "changedMeanwhile":
      return changed(freezeId);
    case "outOfReach":
      return invalid([{ pointer: "/body/period/to", message: refused.message }]);
    case "tooMany":
      return problem(
        "wrongState",
        `There are ${MAX_FREEZES} freezes, the most there can be. Delete those that are over.`,
      );
    case "nobodyInScope":
      return invalid([{ pointer: "/body/scope", message: `names no registered organisation (${scope.kind})` }]);
    case "tooFewWindows":
      return tooFewWindows(refused);
    case "tooMuchToCheck":
      return problem(
        "wrongState",
        "The organisations have too many different windows to check at once. Enter the freeze stamp by stamp.",
      );
    case "overtaken":
      return problem("unavailable", "Another freeze was changed at the same moment. Try again.", {
        retryAfterMs: 1000,
      });
  }
}

function tooFewWindows({ count, first, checked }: Extract<FreezeRefusal, { kind: "tooFewWindows" }>): Problem {
  const names = first.map(({ organisationId }) => organisationId).join(", ");
  const more = count > first.length ? ` and ${count - first.length} more` : "";
  const detail =
    `${count} of ${checked} organisations could no longer be upgraded: ${names}${more}. ` +
    "Shorten the freeze, or give these organisations windows more often.";
  const errors = first.map(({ organisationId, message }) => ({
    pointer: "/body/period",
    message: `${organisationId}: ${message}`,
  }));
  return freezeProblem("tooFewWindows", detail, { errors });
}

const removeFreeze = (freezes: FreezeVerbs) =>
  defineEndpoint({
    name: "delete-freeze",
    method: "DELETE",
    route: "freezes/{freezeId}",
    role: "Upgrades.Manage",
    summary: "Removes a freeze (If-Match with the ETag that was read, or *)",
    params,
    answers: { 204: z.undefined() },
    handle: async ({ params: { freezeId }, headers }) => {
      if (headers.ifMatch === undefined)
        return problem("preconditionRequired", "Send If-Match with the ETag that GET answered.");
      const done = await freezes.remove(freezeId, headers.ifMatch);
      if (done === "removed") return { status: 204 };
      return done === "unknown" ? freezeUnknown(freezeId) : changed(freezeId);
    },
  });
