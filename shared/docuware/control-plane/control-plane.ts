// Port of the DocuWare Cloud control plane: the service that takes an organisation offline and online, makes restore
// points, upgrades and restores. The wire contract is control-plane.openapi.yaml beside this file.

import { PermanentFailure } from "../../kernel/failures.ts";

export const OPERATION_KINDS = ["takeOffline", "createRestorePoint", "upgrade", "restore", "bringOnline"] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

export interface OperationRequest {
  readonly organisationId: string;
  /** Deterministic, 1 to 200 of [A-Za-z0-9:._-]. The control plane applies an operation once however often it is sent. */
  readonly operationId: string;
  /**
   * Fencing: the control plane refuses an operation whose sequence is lower than the highest it has seen for this
   * organisation and `sequenceScope` (the campaign), so that a worker that fell behind cannot act any more.
   */
  readonly sequence: number;
  readonly sequenceScope: string;
  readonly action:
    | { readonly kind: "takeOffline" | "createRestorePoint" | "bringOnline" }
    | { readonly kind: "upgrade"; readonly targetVersion: string }
    | { readonly kind: "restore"; readonly restorePointId: string };
}

export type OperationStatus =
  | { readonly kind: "running"; readonly retryAfterMs: number }
  /** `version` runs at the operation's end; `restorePointId` is present after createRestorePoint. */
  | { readonly kind: "succeeded"; readonly version: string; readonly restorePointId?: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface OrganisationStatus {
  readonly availability: "online" | "offline";
  readonly version: string;
}

export interface ControlPlane {
  /**
   * Begins the operation, or answers how the one with the same id stands. Throws TransientFailure when it is not known
   * whether it began (asking again is safe), PermanentFailure when it is refused (unknown organisation, wrong state,
   * stale sequence).
   */
  begin(request: OperationRequest): Promise<OperationStatus>;
  /** How an operation stands; undefined when the control plane has never seen it. */
  poll(organisationId: string, operationId: string): Promise<OperationStatus | undefined>;
  status(organisationId: string): Promise<OrganisationStatus>;
}

/** The codes of control-plane.openapi.yaml that refuse a call for good. */
export type RefusalCode =
  | "unknownOrganisation"
  | "invalidRequest"
  | "operationInProgress"
  | "staleSequence"
  | "wrongState"
  | "unknownRestorePoint";

export class ControlPlaneRefusal extends PermanentFailure {
  /** One of RefusalCode when the control plane itself refused; undefined when something before it did. */
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}
