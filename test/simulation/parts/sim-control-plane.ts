// The control plane of shared/docuware, remembering what each operation was about, and breakable on purpose.

import { createMemoryControlPlane, type MemoryControlPlane } from "../../support/memory/memory-control-plane.ts";
import type { OperationKind, OperationRequest } from "../../../shared/docuware/control-plane/control-plane.ts";
import type { Mutation } from "./mutations.ts";

export interface SimControlPlane extends MemoryControlPlane {
  actionOf(operationId: string): OperationRequest["action"];
}

export type Durations = Readonly<Record<OperationKind, number>>;

export interface SimControlPlaneOptions {
  readonly now: () => number;
  readonly organisationIds: readonly string[];
  readonly version: string;
  readonly durationsMs: Durations;
  readonly mutation: Mutation | undefined;
}

export function simControlPlane(options: SimControlPlaneOptions): SimControlPlane {
  const { version, durationsMs, mutation } = options;
  const plane = createMemoryControlPlane({
    clock: { now: options.now },
    organisations: options.organisationIds.map((organisationId) => ({
      organisationId,
      availability: "online",
      version,
    })),
    durationsMs,
  });
  const actions = new Map<string, OperationRequest["action"]>();
  let calls = 0;
  const mutated = (request: OperationRequest): OperationRequest => {
    calls += 1;
    if (mutation === "operation ids ignored") return { ...request, operationId: `${request.operationId}.${calls}` };
    if (mutation === "fencing off") return { ...request, sequence: 1_000_000 + calls };
    return request;
  };
  return {
    ...plane,
    begin(original) {
      const request = mutated(original);
      actions.set(request.operationId, request.action);
      return plane.begin(request);
    },
    async status(organisationId) {
      const status = await plane.status(organisationId);
      return mutation === "status not asked" ? { ...status, availability: "offline" } : status;
    },
    actionOf(operationId) {
      const action = actions.get(operationId);
      if (action === undefined) throw new Error(`Operation ${operationId} was never asked for.`);
      return action;
    },
  };
}
