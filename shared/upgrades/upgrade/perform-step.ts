// Does what a state asks for: one call to the control plane, or one run of the functional suite. Never waits for a long
// operation; failures of the other side become values.

import { defined } from "../../kernel/defined.ts";
import { describeFailure, PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { isSameVersion } from "../../kernel/version.ts";
import {
  ControlPlaneRefusal,
  type ControlPlane,
  type OperationStatus,
  type OrganisationStatus,
} from "../../docuware/control-plane/control-plane.ts";
import type { UpgradeEvent } from "../core/decide.ts";
import type { Step } from "../core/step.ts";
import type { FailedStep } from "../core/suite-verdict.ts";
import type { Upgrade } from "../core/upgrade.ts";
import { lasting, stepName } from "./phrases.ts";

export type StepEvent = Extract<UpgradeEvent, { kind: "stepDone" | "stepFailed" | "foundOnline" }>;
export type StepOutcome =
  | StepEvent
  | { readonly kind: "running"; readonly retryAfterMs: number; readonly detail: string };

/** Runs the functional suite against the organisation; `version` is what it reported. Never throws for a failed suite. */
export type Verify = (organisationId: string) => Promise<
  | { readonly kind: "passed"; readonly version: string }
  /** `failedStep`: what decides after a roll-back; absent when no single step failed. */
  | { readonly kind: "failed"; readonly reason: string; readonly failedStep?: FailedStep }
>;

export interface PerformStep {
  /** `begun`: the step was asked for before, so asking how it stands comes first. */
  (upgrade: Upgrade, step: Step, begun: boolean): Promise<StepOutcome>;
  /**
   * The step did not end before its deadline; `detail` is what was last known of it. Throws TransientFailure when it
   * cannot be found out how the organisation is.
   */
  overrun(upgrade: Upgrade, step: Step, detail: string): Promise<StepEvent>;
}

type OperationStep = Extract<Step, { kind: "operation" }>;

export function performStep(deps: { readonly controlPlane: ControlPlane; readonly verify: Verify }): PerformStep {
  const perform = async (upgrade: Upgrade, step: Step, begun: boolean): Promise<StepOutcome> => {
    switch (step.kind) {
      case "operation":
        return runOperation(deps.controlPlane, upgrade, step, begun);
      case "verify":
        return runVerification(deps.verify, upgrade, step.version);
      case "rest":
        throw new PermanentFailure(`An upgrade that is ${upgrade.state} has no step.`);
    }
  };
  const overrun = async (upgrade: Upgrade, step: Step, detail: string): Promise<StepEvent> => {
    const limit = lasting((upgrade.deadline ?? upgrade.enteredAt) - upgrade.enteredAt);
    const failed: StepEvent = {
      kind: "stepFailed",
      reason: `${stepName(upgrade.state)} did not end within ${limit} (${detail})`,
    };
    return step.kind === "operation" ? unlessOnline(deps.controlPlane, upgrade, step, failed) : failed;
  };
  return Object.assign(perform, { overrun });
}

async function runOperation(
  controlPlane: ControlPlane,
  upgrade: Upgrade,
  step: OperationStep,
  begun: boolean,
): Promise<StepOutcome> {
  try {
    const status =
      (begun ? await controlPlane.poll(upgrade.organisationId, step.operationId) : undefined) ??
      (await begin(controlPlane, upgrade, step));
    switch (status.kind) {
      case "running":
        return {
          kind: "running",
          retryAfterMs: status.retryAfterMs,
          detail: "the control plane still reports it as running",
        };
      case "succeeded":
        return { ...status, kind: "stepDone" };
      case "failed":
        return await unlessOnline(controlPlane, upgrade, step, {
          kind: "stepFailed",
          reason: `${step.action.kind} failed: ${status.reason}`,
        });
    }
  } catch (error) {
    if (error instanceof TransientFailure) {
      return { kind: "running", retryAfterMs: error.retryAfterMs ?? 0, detail: describeFailure(error) };
    }
    if (error instanceof ControlPlaneRefusal && error.code === "operationInProgress") {
      // Somebody outside this campaign is at work on the organisation: wait for its end, at most until the deadline.
      return { kind: "running", retryAfterMs: 0, detail: describeFailure(error) };
    }
    if (error instanceof PermanentFailure) {
      const reason = `${step.action.kind} was refused: ${describeFailure(error)}`;
      return unlessBackAlready(controlPlane, upgrade, step, { kind: "stepFailed", reason });
    }
    throw error;
  }
}

function begin(controlPlane: ControlPlane, upgrade: Upgrade, step: OperationStep): Promise<OperationStatus> {
  return controlPlane.begin({
    organisationId: upgrade.organisationId,
    operationId: step.operationId,
    sequence: upgrade.sequence,
    sequenceScope: upgrade.campaignId,
    action: step.action,
  });
}

/**
 * A failed or overdue bringOnline may have brought the organisation online all the same. Customers may be working in it
 * by then, and restoring would lose their work: so what the control plane sees decides.
 */
async function unlessOnline(
  controlPlane: ControlPlane,
  upgrade: Upgrade,
  step: OperationStep,
  failed: StepEvent,
): Promise<StepEvent> {
  if (step.action.kind !== "bringOnline") return failed;
  const expected = upgrade.state === "goingOnline" ? upgrade.targetVersion : upgrade.fromVersion;
  const status = await statusOf(controlPlane, upgrade);
  if (status === undefined) return failed;
  const isUp = status.availability === "online" && (expected === undefined || isSameVersion(status.version, expected));
  return isUp ? { kind: "stepDone", version: status.version } : failed;
}

/**
 * A bringOnline that took effect after its deadline makes the control plane refuse the restore: an online organisation has
 * nothing to restore. On the previous version that is where the roll-back leads anyway; on the new one the machine decides.
 */
async function unlessBackAlready(
  controlPlane: ControlPlane,
  upgrade: Upgrade,
  step: OperationStep,
  failed: StepEvent,
): Promise<StepEvent> {
  if (step.action.kind !== "restore") return failed;
  const status = await statusOf(controlPlane, upgrade);
  if (status === undefined || status.availability === "offline") return failed;
  const { version } = status;
  if (upgrade.fromVersion !== undefined && isSameVersion(version, upgrade.fromVersion))
    return { kind: "stepDone", version };
  return isSameVersion(version, upgrade.targetVersion) ? { kind: "foundOnline" } : failed;
}

/** Undefined when the control plane refuses to say: then its refusals of what is asked for next must protect the customers. */
async function statusOf(controlPlane: ControlPlane, upgrade: Upgrade): Promise<OrganisationStatus | undefined> {
  try {
    return await controlPlane.status(upgrade.organisationId);
  } catch (error) {
    if (error instanceof PermanentFailure) return undefined;
    throw error;
  }
}

async function runVerification(verify: Verify, upgrade: Upgrade, version: string | undefined): Promise<StepEvent> {
  const result = await verify(upgrade.organisationId);
  if (result.kind === "failed") {
    const { failedStep } = result;
    const reason = `the functional suite failed: ${result.reason}`;
    return { kind: "stepFailed", reason, ...defined({ failedStep }) };
  }
  if (version !== undefined && !isSameVersion(result.version, version)) {
    return { kind: "stepFailed", reason: `the organisation reports version ${result.version} instead of ${version}` };
  }
  return { kind: "stepDone", version: result.version };
}
