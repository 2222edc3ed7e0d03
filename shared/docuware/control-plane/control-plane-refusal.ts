// How the control plane refuses; every implementation of the port throws this.

import { PermanentFailure } from "../../kernel/failures.ts";

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
