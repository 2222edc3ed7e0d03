// What to do in a state: derived from the state alone, so that a redelivered wake-up does the same again, under the
// same operation id. Imports no client: the operation is a value.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import type { ActiveState } from "./moves.ts";
import { isActive } from "./moves.ts";
import type { Upgrade, UpgradePolicy } from "./upgrade.ts";

export type ControlPlaneAction =
  | { readonly kind: "takeOffline" | "createRestorePoint" | "bringOnline" }
  | { readonly kind: "upgrade"; readonly targetVersion: string }
  | { readonly kind: "restore"; readonly restorePointId: string };

export type Step =
  | { readonly kind: "operation"; readonly operationId: string; readonly action: ControlPlaneAction }
  /** Run the functional suite; it must pass and report this version (any version when it was never learnt). */
  | { readonly kind: "verify"; readonly version: string | undefined }
  /** Nothing to do until somebody decides. */
  | { readonly kind: "rest" };

export function stepOf(upgrade: Upgrade): Step {
  return isActive(upgrade.state) ? activeStep(upgrade, upgrade.state) : { kind: "rest" };
}

function activeStep(upgrade: Upgrade, state: ActiveState): Step {
  const operation = (action: ControlPlaneAction): Step => ({
    kind: "operation",
    operationId: operationId(upgrade),
    action,
  });
  switch (state) {
    case "goingOffline":
      return operation({ kind: "takeOffline" });
    case "creatingRestorePoint":
      return operation({ kind: "createRestorePoint" });
    case "upgrading":
      return operation({ kind: "upgrade", targetVersion: upgrade.targetVersion });
    case "verifying":
      return { kind: "verify", version: upgrade.targetVersion };
    case "goingOnline":
    case "goingOnlinePrevious":
      return operation({ kind: "bringOnline" });
    case "restoring":
      // decide.ts enters restoring only with a restore point; without one the control plane refuses the empty id.
      return operation({ kind: "restore", restorePointId: upgrade.restorePointId ?? "" });
    case "verifyingPrevious":
      return { kind: "verify", version: upgrade.fromVersion };
  }
}

/** `campaign:organisation:sequence`; the parts cannot contain a colon (their schemas say so). */
export const operationId = (upgrade: Upgrade): string =>
  `${upgrade.campaignId}:${upgrade.organisationId}:${upgrade.sequence}`;

export interface Poll {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Position on the grid; part of the wake-up's message id. */
  readonly slot: number | string;
}

/**
 * When to look again at a step that has not ended. The moments form one fixed grid per step: each is a quarter of the
 * time already spent after the one before (at least `pollEveryMs`, at most a minute). As the grid depends on the state
 * alone, chains of wake-ups that split (after a redelivery, or because the reconciler stepped in) meet in the next slot,
 * where the queue's duplicate detection merges them. Never before what the other side asked for; the last poll is at the
 * deadline. A step that was entered in the future (a clock was wrong) or is past its deadline has a grid of its own, of the
 * polls since the epoch.
 *
 * A slot is always the same moment: so what the queue drops as a duplicate lies where it was wanted, and nobody's wrong
 * clock can use up the slot of a look that is needed now.
 */
export function nextPoll(upgrade: Upgrade, now: number, retryAfterMs: number, policy: UpgradePolicy): Poll {
  const asked = Math.min(Math.max(retryAfterMs, 1), LONGEST_POLL_PAUSE_MS);
  if (now < upgrade.enteredAt || hasOverrun(upgrade, now)) {
    const everyMs = Math.min(policy.pollEveryMs, MINUTE_MS);
    const poll = Math.ceil((now + asked) / everyMs);
    return { at: poll * everyMs, slot: `p${poll}` };
  }
  const earliest = now - upgrade.enteredAt + asked;
  const end = upgrade.deadline === undefined ? Number.POSITIVE_INFINITY : upgrade.deadline - upgrade.enteredAt;
  let slot = 0;
  let offset = 0;
  while (offset < Math.min(earliest, end)) {
    offset += Math.max(policy.pollEveryMs, Math.min(offset / 4, MINUTE_MS));
    slot += 1;
  }
  return { at: upgrade.enteredAt + Math.round(Math.min(offset, end)), slot };
}

/** However long the other side asks to wait: nobody is forgotten for its wrong answer. */
export const LONGEST_POLL_PAUSE_MS = 5 * MINUTE_MS;

export const hasOverrun = (upgrade: Upgrade, now: number): boolean =>
  upgrade.deadline !== undefined && now >= upgrade.deadline;
