// Functional checks as metrics and availability results.

import { reportSuite, type SuiteResult } from "../docuware/functional-suite/observed-suite.ts";
import { REGULAR_CHECK } from "../docuware/signals.ts";
import type { Telemetry } from "../platform/telemetry/telemetry.ts";
import type { Check } from "./check.ts";
import { CHECK_COMPLETED } from "./signals.ts";

interface KeptCheck extends Pick<Check, "outcome"> {
  readonly result?: SuiteResult | undefined;
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
      telemetry.count(CHECK_COMPLETED, { outcome, severity: result?.severity ?? "none" });
      if (result !== undefined) reportSuite(telemetry, REGULAR_CHECK, result);
    },
  };
}
