// Which operation calls the control plane accepts: the rules of control-plane.openapi.yaml as one pure decision.
import type { OperationKind } from "../../../shared/docuware/control-plane/control-plane.ts";
import { runningOperation } from "../state/apply.ts";
import type { OperationRecord, OrganisationState } from "../state/model.ts";
import type { ProblemCode } from "./problem.ts";

export interface BeginRequest {
  readonly id: string;
  readonly kind: OperationKind;
  readonly scope: string;
  readonly sequence: number;
  readonly targetVersion?: string;
  readonly restorePointId?: string;
}

export type BeginDecision =
  | { readonly kind: "known"; readonly operation: OperationRecord }
  | { readonly kind: "refused"; readonly code: ProblemCode; readonly detail: string }
  | { readonly kind: "begin"; readonly cancels?: string };

const refused = (code: ProblemCode, detail: string): BeginDecision => ({ kind: "refused", code, detail });

/** `state` must be settled: an operation whose time has come is no longer running. */
export function decideBegin(state: Readonly<OrganisationState>, request: BeginRequest): BeginDecision {
  const known = state.operations.get(request.id);
  if (known !== undefined) return repeated(known, request);
  const highest = state.scopes.get(request.scope);
  if (highest !== undefined && request.sequence < highest) {
    return refused(
      "staleSequence",
      `Operation-Sequence ${request.sequence} is lower than ${highest}, the highest accepted in scope "${request.scope}".`,
    );
  }
  const running = runningOperation(state);
  if (running !== undefined && !cancels(request, running)) {
    return refused("operationInProgress", `${running.kind} "${running.id}" of scope "${running.scope}" is running.`);
  }
  const needsOffline = request.kind !== "takeOffline" && request.kind !== "bringOnline";
  if (needsOffline && state.availability !== "offline") {
    return refused("wrongState", `${request.kind} needs the organisation to be offline; it is online.`);
  }
  if (request.kind === "restore" && !state.restorePoints.has(request.restorePointId ?? "")) {
    return refused("unknownRestorePoint", `There is no restore point "${request.restorePointId}".`);
  }
  return running === undefined ? { kind: "begin" } : { kind: "begin", cancels: running.id };
}

const cancels = (request: BeginRequest, running: OperationRecord): boolean =>
  request.scope === running.scope && request.sequence > running.sequence;

function repeated(known: OperationRecord, request: BeginRequest): BeginDecision {
  const sameTarget = known.kind !== "upgrade" || known.targetVersion === request.targetVersion;
  const sameRestorePoint = known.kind !== "restore" || known.restorePointId === request.restorePointId;
  if (known.kind === request.kind && sameTarget && sameRestorePoint) return { kind: "known", operation: known };
  return refused("invalidRequest", `Operation-Id "${known.id}" already names another call (${known.kind}).`);
}
