// Functional suites as metrics and availability results. Types are structural: the platform knows no capability.

import type { AvailabilityName } from "./catalogue.ts";
import type { Telemetry } from "./telemetry.ts";

/** What telemetry needs of a functional suite's result. */
interface SuiteResult {
  readonly organisationId: string;
  readonly outcome: "passed" | "failed";
  readonly startedAt: number;
  readonly durationMs: number;
  readonly version?: string | undefined;
  readonly failedStep?: string | undefined;
}

interface KeptCheck {
  readonly outcome: "passed" | "failed" | "notRun";
  readonly result?: (SuiteResult & { readonly severity?: string | undefined }) | undefined;
}

/** Reports each check once it is kept: a run whose result was thrown away is no availability result. */
export function observedCheckStore<S extends { keep(check: KeptCheck): Promise<void> }>(
  store: S,
  telemetry: Telemetry,
): S {
  return {
    ...store,
    keep: async (check: KeptCheck) => {
      await store.keep(check);
      const { outcome, result } = check;
      telemetry.count("dwops.check.completed", { outcome, severity: result?.severity ?? "none" });
      if (result !== undefined) report(telemetry, "functional-check", result);
    },
  };
}

/** The suite as an upgrade runs it: every run is reported. */
export function observedSuite<A extends readonly unknown[], R extends SuiteResult>(
  runSuite: (...args: A) => Promise<R>,
  telemetry: Telemetry,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const result = await runSuite(...args);
    report(telemetry, "upgrade-verification", result);
    return result;
  };
}

function report(telemetry: Telemetry, name: AvailabilityName, result: SuiteResult): void {
  telemetry.record("dwops.check.duration", result.durationMs / 1000, { outcome: result.outcome });
  telemetry.availability({
    name,
    id: `${result.organisationId}-${result.startedAt}`,
    isAvailable: result.outcome === "passed",
    durationMs: result.durationMs,
    at: result.startedAt,
    organisationId: result.organisationId,
    version: result.version,
    failedStep: result.failedStep,
  });
}
