// Functional suites as metrics and availability results.

import type { AvailabilityTest } from "../../platform/telemetry/instruments.ts";
import type { Telemetry } from "../../platform/telemetry/telemetry.ts";
import { SUITE_DURATION, VERIFICATION } from "../signals.ts";
import type { FunctionalResult } from "./functional-result.ts";

export type SuiteResult = Omit<FunctionalResult, "steps" | "cleanedUp">;

/** The suite as an upgrade runs it: every run is reported. */
export function observedSuite<A extends readonly unknown[], R extends SuiteResult>(
  runSuite: (...args: A) => Promise<R>,
  telemetry: Telemetry,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const result = await runSuite(...args);
    reportSuite(telemetry, VERIFICATION, result);
    return result;
  };
}

export function reportSuite(telemetry: Telemetry, test: AvailabilityTest, result: SuiteResult): void {
  const { organisationId, startedAt, outcome, durationMs, version, failedStep } = result;
  telemetry.record(SUITE_DURATION, durationMs / 1000, { outcome });
  telemetry.availability(test, {
    id: `${organisationId}-${startedAt}`,
    isAvailable: outcome === "passed",
    durationMs,
    at: startedAt,
    organisationId,
    version,
    failedStep,
  });
}
