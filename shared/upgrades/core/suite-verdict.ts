// What a failed step of the functional suite means to an upgrade: one table, that docs/upgrades.md shows and tests read.
//
// Before it goes offline, an organisation that does not pass is left alone; on the new version whatever fails turns the
// upgrade back. After a roll-back the promise is to be online again without a long outage, so only what customers cannot
// work without keeps the organisation offline; the rest is for support to mend while they work.

/** `failed`: it did what its name says, wrongly or not at all. `throttled`: it was answered 429, there was no time to see. */
export interface FailedStep {
  /** Of the functional suite; undefined when it is not known which one failed. */
  readonly step: string | undefined;
  readonly isThrottled: boolean;
}

/** In which state the suite runs: of kind `scheduled` are the functional checks before it goes offline. */
export type SuiteState = "scheduled" | "verifying" | "verifyingPrevious";

export type SuiteVerdict = "skip" | "turnBack" | "stayOffline" | "goOnline";

/** Log-on, search, storage and document access are business-critical (DocuWare), and so is what they need. */
const AFTER_ROLL_BACK = {
  logIn: "stayOffline",
  /** Throttled at the token: the identity service serves all organisations, and says nothing about this one. */
  "logIn (429)": "goOnline",
  readVersion: "goOnline",
  listCabinets: "stayOffline",
  readDialogs: "stayOffline",
  store: "stayOffline",
  findBySearch: "stayOffline",
  fetch: "stayOffline",
  download: "stayOffline",
  updateFields: "goOnline",
  findByNewValue: "stayOffline",
  delete: "goOnline",
  confirmGone: "goOnline",
  purge: "goOnline",
  logOff: "goOnline",
  /** Not known, a wrong version, or a suite that did not end. */
  other: "stayOffline",
} as const satisfies Record<string, SuiteVerdict>;

export type SuiteCase = keyof typeof AFTER_ROLL_BACK;

const isCase = (name: string): name is SuiteCase => Object.hasOwn(AFTER_ROLL_BACK, name);

const caseOf = ({ step = "other", isThrottled }: FailedStep): SuiteCase => {
  if (step === "logIn" && isThrottled) return "logIn (429)";
  return isCase(step) ? step : "other";
};

/** What becomes of the upgrade once the step has failed again, after as many tries as the state allows. */
export function suiteVerdict(state: SuiteState, failed: FailedStep): SuiteVerdict {
  switch (state) {
    case "scheduled":
      return "skip";
    case "verifying":
      return "turnBack";
    case "verifyingPrevious":
      return AFTER_ROLL_BACK[caseOf(failed)];
  }
}

/** Every case, for tests and documents. */
export const SUITE_CASES: readonly SuiteCase[] = Object.keys(AFTER_ROLL_BACK).filter(isCase);
