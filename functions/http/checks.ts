// Functional checks: timers ask for them, the queue runs them, HTTP shows them.

import { z } from "zod";
import { PermanentFailure, TransientFailure } from "../../shared/kernel/failures.ts";
import { rfc3339 } from "../../shared/kernel/rfc3339.ts";
import { checkRequestedView, checkView, healthView, viewCheck, viewHealth } from "../../shared/checks/api.ts";
import {
  retryCheckMessage,
  checkRequestMessage,
  checkRequestSchema,
  type CheckRequest,
} from "../../shared/checks/messages.ts";
import type { Check } from "../../shared/checks/check.ts";
import type { SweepResult } from "../../shared/docuware/functional-suite/functional-clean-up.ts";
import type { CheckStore } from "../../shared/checks/store.ts";
import { organisationIdSchema } from "../../shared/kernel/identity.ts";
import type { OrganisationStore } from "../../shared/organisations/store.ts";
import type { Bus } from "../../shared/platform/bus/bus.ts";
import type { Clock } from "../../shared/platform/clock/clock.ts";
import { defineEndpoint } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageQuery, pageView } from "../../shared/platform/http/paging.ts";
import type { Log } from "../../shared/platform/telemetry/log.ts";
import { organisationUnknown } from "./organisations.ts";
import { CHECK_QUEUE } from "../../shared/checks/resources.ts";

interface Deps {
  readonly organisations: OrganisationStore;
  readonly checks: CheckStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly schedule: (task: CheckRequest["task"]) => Promise<number>;
  readonly run: (request: CheckRequest) => Promise<Check | undefined>;
  /** The number of old checks removed. */
  readonly forget: (organisationId: string) => Promise<number>;
  readonly sweep: (organisationId: string) => Promise<SweepResult | undefined>;
}

const params = z.object({ organisationId: organisationIdSchema });

export const scheduleChecksHandler = (deps: Deps, task: CheckRequest["task"]) => async (): Promise<void> => {
  deps.log.info("checks.scheduled", { task, organisations: await deps.schedule(task) });
};

export const runCheckHandler =
  (deps: Deps) =>
  async (message: unknown): Promise<void> => {
    const request = checkRequestSchema.safeParse(message);
    if (!request.success) {
      throw new PermanentFailure(`The message is no check request: ${z.prettifyError(request.error)}`);
    }
    try {
      await act(deps, request.data);
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      await tryLater(deps, request.data, error);
    }
  };

async function act(deps: Deps, request: CheckRequest): Promise<void> {
  const { task, organisationId } = request;
  if (task === "check") return void (await deps.run(request));
  // First: it does not need the organisation to answer.
  const forgotten = await deps.forget(organisationId);
  deps.log.info("checks.swept", { ...request, forgotten, ...(await deps.sweep(organisationId)) });
}

/** Thrown, it would be delivered again at once, and a storage that is away for seconds would use all deliveries up. */
async function tryLater(deps: Deps, request: CheckRequest, failure: TransientFailure): Promise<void> {
  const again = retryCheckMessage(request, deps.clock.now());
  deps.log.warn("checks.tryLater", { ...request, failure, isGivenUp: again === undefined });
  if (again !== undefined) await deps.bus.send(CHECK_QUEUE, [again]);
}

export function checkEndpoints(deps: Deps) {
  return [getHealth(deps), listChecks(deps), requestCheck(deps)];
}

const getHealth = ({ organisations, checks }: Deps) =>
  defineEndpoint({
    name: "get-health",
    method: "GET",
    route: "organisations/{organisationId}/health",
    role: "Checks.Read",
    summary: "How the organisation is, by its latest functional check",
    params,
    answers: { 200: healthView },
    handle: async ({ params: { organisationId } }) => {
      const recent = await checks.list(organisationId, 10);
      if (recent.items.length === 0 && (await organisations.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: viewHealth(organisationId, recent.items) };
    },
  });

const listChecks = ({ organisations, checks }: Deps) =>
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
      const page = await checks.list(organisationId, query.limit, query.cursor);
      if (page.items.length === 0 && (await organisations.read(organisationId)) === undefined)
        return organisationUnknown(organisationId);
      return { status: 200, body: pageView(page.items.map(viewCheck), page.cursor) };
    },
  });

const requestCheck = ({ organisations, bus, clock }: Deps) =>
  defineEndpoint({
    name: "request-check",
    method: "POST",
    route: "organisations/{organisationId}/checks",
    role: "Checks.Run",
    summary: "Asks for a functional check now",
    params,
    answers: { 202: checkRequestedView },
    handle: async ({ params: { organisationId } }) => {
      if ((await organisations.read(organisationId)) === undefined) return organisationUnknown(organisationId);
      const slot = clock.now();
      await bus.send(CHECK_QUEUE, [checkRequestMessage({ organisationId, slot, task: "check" })]);
      return {
        status: 202,
        body: { organisationId, slot: rfc3339(slot) },
        headers: { location: `/api/organisations/${organisationId}/checks` },
      };
    },
  });
