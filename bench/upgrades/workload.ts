// The workload every contestant carries out: performance notes call it "5 steps, every tenth rolled back".

export const OLD_VERSION = "7.12.1.100";
export const NEW_VERSION = "7.13.0.1";
/** The upgrade of every organisation whose number ends so fails: 9, 19, 29, ... */
export const FAILING_EVERY = 10;

export const SUCCESS_STEPS = ["take-offline", "create-restore-point", "upgrade", "verify", "bring-online"] as const;
/** After the failed upgrade, the third step. */
export const ROLL_BACK_STEPS = ["restore", "verify", "bring-online"] as const;
export type StepVerb = (typeof SUCCESS_STEPS)[number] | (typeof ROLL_BACK_STEPS)[number];

export const CALLS_OF_SUCCESS = SUCCESS_STEPS.length;
export const CALLS_OF_ROLL_BACK = SUCCESS_STEPS.indexOf("upgrade") + 1 + ROLL_BACK_STEPS.length;

export interface Expected {
  readonly succeeded: number;
  readonly rolledBack: number;
  readonly calls: number;
}

/** The right outcome for that many organisations. */
export function expectedOutcome(organisations: number): Expected {
  const rolledBack = Math.floor(organisations / FAILING_EVERY);
  const succeeded = organisations - rolledBack;
  return { succeeded, rolledBack, calls: succeeded * CALLS_OF_SUCCESS + rolledBack * CALLS_OF_ROLL_BACK };
}
