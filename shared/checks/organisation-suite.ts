// The functional suite, against an organisation's own address.

import { sweepLeftovers, type SweepResult } from "../docuware/functional-suite/functional-clean-up.ts";
import type { FunctionalResult } from "../docuware/functional-suite/functional-result.ts";
import type { FunctionalDeps } from "../docuware/functional-suite/functional-run.ts";
import { runFunctionalSuite } from "../docuware/functional-suite/functional-suite.ts";
import type { PlatformCredentials, PlatformTarget } from "../docuware/platform-api/target.ts";
import type { Organisation } from "../organisations/organisation.ts";

export interface OrganisationSuite {
  readonly run: (organisation: Organisation) => Promise<FunctionalResult>;
  /** Removes what runs that died have left there. */
  readonly sweep: (organisation: Organisation) => Promise<SweepResult>;
}

/** `credentials`: of the probe. `clock`: a steady one, so that a clock that is set on the way fails no step. */
export function organisationSuite(deps: FunctionalDeps, credentials: PlatformCredentials): OrganisationSuite {
  const targetOf = ({ organisationId, platformUrl }: Organisation): PlatformTarget => ({
    organisationId,
    platformUrl,
    credentials,
  });
  return {
    run: (organisation) => runFunctionalSuite(targetOf(organisation), deps),
    sweep: (organisation) => sweepLeftovers(targetOf(organisation), deps),
  };
}
