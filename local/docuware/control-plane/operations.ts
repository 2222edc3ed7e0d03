// Running operations: begin once, answer how one stands. The record is on the disk before the caller hears of it.
import type { OperationKind } from "../../../shared/docuware/control-plane/control-plane.ts";
import { DEFAULT_SLOW_MS } from "../faults/inject.ts";
import type { Fault, Faults } from "../faults/faults.ts";
import type { Outcome, Reply } from "../http/reply.ts";
import { jsonReply } from "../http/reply.ts";
import type { OperationRecord } from "../state/model.ts";
import type { Organisation } from "../state/organisation.ts";
import type { BeginRequest } from "./begin.ts";
import { decideBegin } from "./begin.ts";
import { refusal } from "./problem.ts";

export interface OperationsContext {
  readonly faults: Faults;
  readonly durationsMs: Readonly<Record<OperationKind, number>>;
  readonly now: () => number;
  readonly url: () => string;
}

/** How often a caller is asked to look at an operation whose end nobody knows. */
const HANGING_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** Begins the operation or answers for the one with this id; throws HttpRefusal. `organisation` must be settled. */
export async function beginOperation(
  context: OperationsContext,
  organisation: Organisation,
  request: BeginRequest,
): Promise<Outcome> {
  const decision = decideBegin(organisation.state, request);
  if (decision.kind === "refused") throw refusal(decision.code, decision.detail);
  if (decision.kind === "known") {
    // The first call may still be writing: a repeat must not be answered for something a crash could take back.
    await organisation.written();
    return operationReply(context, organisation, decision.operation.id);
  }
  const now = context.now();
  const fault = context.faults.take(organisation.member.organisationId, "controlPlane", request.kind, "run");
  const operation = newOperation(request, context.durationsMs[request.kind], fault, now);
  const cancels = decision.cancels === undefined ? {} : { cancels: decision.cancels };
  await organisation.change({ type: "operationBegun", operation, ...cancels }, now);
  organisation.tallyUpgrades(context.now());
  return fault?.effect === "drop" ? "drop" : operationReply(context, organisation, operation.id);
}

function newOperation(
  request: BeginRequest,
  durationMs: number,
  fault: Fault | undefined,
  now: number,
): OperationRecord {
  const slowMs = fault?.effect === "slow" ? (fault.delayMs ?? DEFAULT_SLOW_MS) : 0;
  const failure = fault?.effect === "fail" ? (fault.message ?? `${request.kind} failed (fault of the simulator).`) : "";
  return {
    ...request,
    status: "Running",
    startedAt: now,
    endsAt: fault?.effect === "hang" ? null : now + durationMs + slowMs,
    appliedCount: 0,
    ...(failure === "" ? {} : { failure }),
  };
}

/** 202 while it runs, 200 when it has ended; throws HttpRefusal `unknownOperation`. */
export function operationReply(context: OperationsContext, organisation: Organisation, id: string): Reply {
  const operation = organisation.state.operations.get(id);
  if (operation === undefined) throw refusal("unknownOperation", `There is no operation "${id}".`);
  if (operation.status !== "Running") return jsonReply(200, operationBody(operation));
  const remaining = operation.endsAt === null ? HANGING_RETRY_MS : Math.max(1, operation.endsAt - context.now());
  const retryMs = Math.min(MAX_RETRY_MS, Math.ceil(remaining));
  const { organisationId } = organisation.member;
  return jsonReply(202, operationBody(operation), {
    "operation-location": `${context.url()}/organisations/${organisationId}/operations/${encodeURIComponent(id)}`,
    "retry-after": String(Math.max(1, Math.ceil(retryMs / 1000))),
    "retry-after-ms": String(retryMs),
  });
}

function operationBody(operation: OperationRecord): object {
  const { id, kind, status, startedAt, resultVersion, restorePointId, failure } = operation;
  const withPoint = kind === "createRestorePoint" && restorePointId !== undefined ? { restorePointId } : {};
  return {
    id,
    kind,
    status,
    createdAt: new Date(startedAt).toISOString(),
    ...(resultVersion === undefined ? {} : { result: { version: resultVersion, ...withPoint } }),
    ...(status === "Failed" ? { error: { code: "operationFailed", message: failure } } : {}),
    ...(status === "Canceled" ? { error: { code: "canceled", message: "A newer operation took its place." } } : {}),
  };
}
