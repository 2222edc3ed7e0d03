// Verification by the functional suite: its result as the state machine reads it.

import { ranCheck, type Check } from "../../checks/check.ts";
import type { FunctionalResult } from "../../docuware/functional-suite/functional-result.ts";
import { TransientFailure } from "../../kernel/failures.ts";
import type { Organisation } from "../../organisations/organisation.ts";
import { withDeadline } from "../../platform/deadline.ts";
import type { Verify } from "./perform-step.ts";

interface VerifyDeps {
  readonly organisationOf: (organisationId: string) => Promise<Organisation | undefined>;
  readonly runSuite: (organisation: Organisation) => Promise<FunctionalResult>;
  /**
   * Keeps the result among the organisation's checks: it is the latest thing known of how the organisation is, for support and
   * for the campaign that comes next. Keeping it again changes nothing.
   */
  readonly keepCheck: (check: Check) => Promise<unknown>;
  /** Milliseconds; 90,000 when absent. The suite ends by itself after 60 seconds: this is for one that does not. */
  readonly limitMs?: number;
}

const LIMIT_MS = 90_000;

/** Throws TransientFailure when our own tables cannot be reached: that says nothing about the organisation. */
export function verifyBySuite({ organisationOf, runSuite, keepCheck, limitMs = LIMIT_MS }: VerifyDeps): Verify {
  return async (organisationId) => {
    const organisation = await organisationOf(organisationId);
    if (organisation === undefined) return { kind: "failed", reason: "the organisation is not in the registry" };
    const result = await ended(() => runSuite(organisation), limitMs);
    if (result === undefined) {
      return { kind: "failed", reason: `it did not end within ${Math.round(limitMs / 1000)} seconds` };
    }
    await keepCheck(ranCheck(result.startedAt, result));
    if (result.outcome === "passed" && result.version !== undefined) return { kind: "passed", version: result.version };
    const { failedStep = "readVersion" } = result;
    const failure = result.steps.find(({ name }) => name === failedStep)?.failure;
    return {
      kind: "failed",
      reason: `${failedStep}: ${failure?.message ?? "no version was reported"}`,
      failedStep: { step: failedStep, isThrottled: failure?.isThrottled === true },
    };
  };
}

/** Undefined when the suite hangs. */
async function ended(run: () => Promise<FunctionalResult>, limitMs: number): Promise<FunctionalResult | undefined> {
  try {
    return await withDeadline("The functional suite", limitMs, run);
  } catch (error) {
    if (error instanceof TransientFailure) return undefined;
    throw error;
  }
}
