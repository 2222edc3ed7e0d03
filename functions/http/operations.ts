// HTTP: whether the app works, and what its API looks like.

import { z } from "zod";
import { steadyClock } from "../../shared/platform/clock/clock.ts";
import type { ClockWatch } from "../../shared/platform/clock/clock-watch.ts";
import { defineEndpoint, type Endpoint } from "../../shared/platform/http/endpoint.ts";
import { openApiDocument } from "../../shared/platform/http/openapi.ts";
import { readiness, type FunctionRegistry, type ReadinessCheck } from "../../shared/platform/liveness.ts";
import type { PlatformLog } from "../../shared/platform/signals.ts";
import { FUNCTIONS, PROBLEM_CODES, TIMERS } from "../../shared/capabilities.ts";

interface Deps {
  readonly clockWatch: ClockWatch;
  readonly log: PlatformLog;
  readonly registry: FunctionRegistry;
  readonly readinessChecks: readonly ReadinessCheck[];
  readonly issuer: string;
}

const DESCRIPTION =
  "The operations system behind DocuWare Cloud's 24/7 system support. Errors are RFC 9457 problem details; lists page by an opaque cursor; dates are RFC 3339.";

/** `endpoints`: all others, for the document. */
export function operationsEndpoints(deps: Deps, endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const own = [getLiveness(), getReadiness(deps)];
  return [...own, getOpenApi(deps.issuer, [...endpoints, ...own])];
}

const getLiveness = () =>
  defineEndpoint({
    name: "get-liveness",
    method: "GET",
    route: "health/live",
    role: "public",
    summary: "Whether the process answers",
    answers: { 200: z.object({ status: z.literal("alive") }).meta({ examples: [{ status: "alive" }] }) },
    handle: async () => ({ status: 200, body: { status: "alive" } }) as const,
  });

const readinessView = z
  .object({
    status: z.enum(["ready", "notReady"]),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), durationMs: z.number() })),
    /** How far the clock of this instance is ahead of storage's, in milliseconds; 0 while unknown. */
    clockOffsetMs: z.number(),
  })
  .meta({
    examples: [{ status: "ready", checks: [{ name: "storage", ok: true, durationMs: 23 }], clockOffsetMs: -12 }],
  });

/** Public, like the liveness probe: load balancers carry no token. So it names what fails, and the log says why. */
const getReadiness = (deps: Deps) =>
  defineEndpoint({
    name: "get-readiness",
    method: "GET",
    route: "health/ready",
    role: "public",
    summary: "Whether storage, queues, the clock and the functions themselves are in order",
    answers: { 200: readinessView, 503: readinessView },
    handle: async () => {
      const result = await readiness([...deps.readinessChecks, selfCheck(deps.registry)], steadyClock);
      const failed = result.checks.filter((check) => !check.ok);
      if (failed.length > 0) deps.log.event("app.notReady", { failed });
      const checks = result.checks.map(({ name, ok, durationMs }) => ({ name, ok, durationMs }));
      const { offsetMs: clockOffsetMs } = deps.clockWatch.reading();
      if (result.ready) return { status: 200, body: { status: "ready", checks, clockOffsetMs } } as const;
      return { status: 503, body: { status: "notReady", checks, clockOffsetMs } } as const;
    },
  });

/** The host leaves a function with a bad schedule out without a word: compare with what should run. */
const selfCheck = (registry: FunctionRegistry): ReadinessCheck => ({
  name: "functions",
  run: async () => {
    const problems = registry.check(
      FUNCTIONS,
      TIMERS.map(({ name, everySeconds }) => ({ name, everyMs: everySeconds * 1000 })),
    );
    if (problems.length > 0) throw new Error(problems.join(" "));
  },
});

function getOpenApi(issuer: string, others: readonly Endpoint[]): Endpoint {
  const endpoint: Endpoint = defineEndpoint({
    name: "get-openapi",
    method: "GET",
    route: "openapi.json",
    role: "public",
    summary: "This document",
    answers: { 200: z.record(z.string(), z.any()) },
    handle: async () => ({
      status: 200,
      body: openApiDocument(
        {
          title: "DocuWare Cloud operations",
          version: "1.0",
          description: DESCRIPTION,
          problemCodes: PROBLEM_CODES,
          issuer,
        },
        [...others, endpoint],
      ),
    }),
  });
  return endpoint;
}
