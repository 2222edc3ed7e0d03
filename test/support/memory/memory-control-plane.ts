// The control plane in memory, on a clock that is given: for tests and the simulation. It keeps the rules of
// control-plane.openapi.yaml (applied once, one operation at a time, fencing) and passes the same contract suite as
// the one over HTTP. Nothing happens between calls: what is due is settled when somebody looks.

import { TransientFailure } from "../../../shared/kernel/failures.ts";
import type { Clock } from "../../../shared/platform/clock/clock.ts";
import {
  ControlPlaneRefusal,
  type RefusalCode,
  type ControlPlane,
  type OperationKind,
  type OperationRequest,
  type OperationStatus,
  type OrganisationStatus,
} from "../../../shared/docuware/control-plane/control-plane.ts";

interface ControlPlaneFault {
  /** Absent: every organisation. */
  readonly organisationId?: string;
  readonly operation: OperationKind | "poll" | "status";
  /**
   * `refuse`: the call fails and nothing begins. `lose`: the call takes effect, its answer is lost. `fail`: accepted,
   * ends Failed. `hang`: accepted, never ends. The last two do not apply to `poll` and `status`.
   */
  readonly effect: "refuse" | "lose" | "fail" | "hang";
  /** How often it strikes; for ever when absent. */
  readonly times?: number;
}

interface RecordedOperation {
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly sequence: number;
  readonly beganAt: number;
  /** How often it was applied: 1, or the control plane broke its promise. */
  readonly applied: number;
  /** How often the call was received. */
  readonly received: number;
  readonly status: OperationStatus["kind"];
}

export interface MemoryControlPlane extends ControlPlane {
  inject(fault: ControlPlaneFault): void;
  clearFaults(): void;
  /** Operations of an organisation in the order in which they began. */
  operations(organisationId: string): readonly RecordedOperation[];
}

export interface MemoryControlPlaneOptions {
  readonly clock: Clock;
  readonly organisations: readonly ({ readonly organisationId: string } & OrganisationStatus)[];
  /** How long an operation runs, per kind; 0 ends it at once. Default 1,000 ms. */
  readonly durationsMs?: Partial<Readonly<Record<OperationKind, number>>>;
}

type Outcome = Exclude<OperationStatus, { readonly kind: "running" }>;

interface Operation {
  readonly request: OperationRequest;
  readonly beganAt: number;
  /** Infinity when it hangs. */
  readonly endsAt: number;
  readonly fails: boolean;
  received: number;
  applied: number;
  outcome: Outcome | undefined;
}

interface Organisation {
  availability: OrganisationStatus["availability"];
  version: string;
  readonly operations: Map<string, Operation>;
  readonly restorePoints: Map<string, string>;
  readonly highestSequence: Map<string, number>;
  running: Operation | undefined;
}

const ID = /^[A-Za-z0-9:._-]{1,200}$/;

export function createMemoryControlPlane(options: MemoryControlPlaneOptions): MemoryControlPlane {
  const { clock } = options;
  const organisations = new Map(options.organisations.map((known) => [known.organisationId, newOrganisation(known)]));
  const faults = createFaults();

  function find(organisationId: string): Organisation {
    const organisation = organisations.get(organisationId);
    if (organisation === undefined) throw refusal("unknownOrganisation", `No organisation ${organisationId}.`);
    tallyUpgrades(organisation, clock.now());
    return organisation;
  }

  function newOperation(request: OperationRequest, fault: ControlPlaneFault["effect"] | undefined): Operation {
    const beganAt = clock.now();
    const endsAt = fault === "hang" ? Infinity : beganAt + (options.durationsMs?.[request.action.kind] ?? 1_000);
    return { request, beganAt, endsAt, fails: fault === "fail", received: 0, applied: 0, outcome: undefined };
  }

  async function begin(request: OperationRequest): Promise<OperationStatus> {
    const fault = faults.strike(request.organisationId, request.action.kind);
    if (fault === "refuse") throw unavailable(request.action.kind);
    const organisation = find(request.organisationId);
    const operation = known(organisation, request) ?? accept(organisation, newOperation(request, fault));
    operation.received += 1;
    tallyUpgrades(organisation, clock.now());
    if (fault === "lose") throw unavailable(request.action.kind);
    return statusOf(operation, clock.now());
  }

  return {
    begin,
    poll: async (organisationId, operationId) => {
      if (faults.strike(organisationId, "poll") !== undefined) throw unavailable("poll");
      const operation = find(organisationId).operations.get(operationId);
      return operation === undefined ? undefined : statusOf(operation, clock.now());
    },
    status: async (organisationId) => {
      if (faults.strike(organisationId, "status") !== undefined) throw unavailable("status");
      const { availability, version } = find(organisationId);
      return { availability, version };
    },
    inject: faults.inject,
    clearFaults: faults.clear,
    operations: (organisationId) =>
      [...find(organisationId).operations.values()].map((one) => record(one, clock.now())),
  };
}

const newOrganisation = ({ availability, version }: OrganisationStatus): Organisation => ({
  availability,
  version,
  operations: new Map(),
  restorePoints: new Map(),
  highestSequence: new Map(),
  running: undefined,
});

/** The operation with this id, if it was seen before; the same id for other work is refused. */
function known(organisation: Organisation, request: OperationRequest): Operation | undefined {
  if (!ID.test(request.operationId)) throw refusal("invalidRequest", `${request.operationId} is no operation id.`);
  const operation = organisation.operations.get(request.operationId);
  if (operation !== undefined && !isSameWork(operation.request.action, request.action)) {
    throw refusal("invalidRequest", `Operation ${request.operationId} already names another call.`);
  }
  return operation;
}

function isSameWork(one: OperationRequest["action"], other: OperationRequest["action"]): boolean {
  if (one.kind === "upgrade") return other.kind === "upgrade" && one.targetVersion === other.targetVersion;
  if (one.kind === "restore") return other.kind === "restore" && one.restorePointId === other.restorePointId;
  return one.kind === other.kind;
}

function accept(organisation: Organisation, operation: Operation): Operation {
  const { request } = operation;
  checkSequence(organisation, request);
  const { running } = organisation;
  if (running !== undefined) checkNewer(running, request);
  checkState(organisation, request);
  if (running !== undefined) running.outcome = { kind: "failed", reason: `canceled by ${request.operationId}` };
  organisation.highestSequence.set(request.sequenceScope, request.sequence);
  organisation.operations.set(request.operationId, operation);
  organisation.running = operation;
  return operation;
}

function checkSequence(organisation: Organisation, { sequence, sequenceScope }: OperationRequest): void {
  const highest = organisation.highestSequence.get(sequenceScope) ?? -1;
  if (sequence < highest) throw refusal("staleSequence", `Sequence ${sequence} is behind ${highest}.`);
}

function checkState(organisation: Organisation, { action }: OperationRequest): void {
  const needsOffline = action.kind !== "takeOffline" && action.kind !== "bringOnline";
  if (needsOffline && organisation.availability !== "offline") {
    throw refusal("wrongState", `${action.kind} needs the organisation offline.`);
  }
  if (action.kind === "restore" && !organisation.restorePoints.has(action.restorePointId)) {
    throw refusal("unknownRestorePoint", `No restore point ${action.restorePointId}.`);
  }
}

/** A higher sequence of the same scope may cancel what runs; anything else has to wait for its end. */
function checkNewer(running: Operation, request: OperationRequest): void {
  const newer = running.request.sequenceScope === request.sequenceScope && running.request.sequence < request.sequence;
  if (!newer) throw refusal("operationInProgress", `Operation ${running.request.operationId} is running.`);
}

/** Ends the running operation when its time has come, and lets it take effect. */
function tallyUpgrades(organisation: Organisation, now: number): void {
  const { running } = organisation;
  if (running === undefined || running.endsAt > now) return;
  organisation.running = undefined;
  if (running.fails) {
    running.outcome = { kind: "failed", reason: "injected: the operation failed" };
    return;
  }
  running.applied += 1;
  const restorePointId = apply(organisation, running.request);
  running.outcome = {
    kind: "succeeded",
    version: organisation.version,
    ...(restorePointId !== undefined && { restorePointId }),
  };
}

function apply(organisation: Organisation, { action, operationId }: OperationRequest): string | undefined {
  switch (action.kind) {
    case "takeOffline":
      organisation.availability = "offline";
      return undefined;
    case "bringOnline":
      organisation.availability = "online";
      return undefined;
    case "upgrade":
      organisation.version = action.targetVersion;
      return undefined;
    case "restore":
      organisation.version = organisation.restorePoints.get(action.restorePointId) ?? organisation.version;
      return undefined;
    case "createRestorePoint": {
      const restorePointId = `rp-${operationId}`;
      organisation.restorePoints.set(restorePointId, organisation.version);
      return restorePointId;
    }
  }
}

const statusOf = ({ outcome, endsAt }: Operation, now: number): OperationStatus =>
  outcome ?? { kind: "running", retryAfterMs: Math.min(Math.max(endsAt - now, 100), 60_000) };

const record = (operation: Operation, now: number): RecordedOperation => ({
  operationId: operation.request.operationId,
  kind: operation.request.action.kind,
  sequence: operation.request.sequence,
  beganAt: operation.beganAt,
  applied: operation.applied,
  received: operation.received,
  status: statusOf(operation, now).kind,
});

const refusal = (code: RefusalCode, message: string): ControlPlaneRefusal =>
  new ControlPlaneRefusal(`${code}: ${message}`, code);
const unavailable = (call: string): TransientFailure =>
  new TransientFailure(`The control plane gave no answer to ${call}.`, { retryAfterMs: 1_000 });

function createFaults() {
  let active: { readonly fault: ControlPlaneFault; left: number }[] = [];
  return {
    inject: (fault: ControlPlaneFault): void => {
      active.push({ fault, left: fault.times ?? Infinity });
    },
    clear: (): void => {
      active = [];
    },
    strike: (organisationId: string, operation: ControlPlaneFault["operation"]) => {
      const hit = active.find(
        ({ fault, left }) =>
          left > 0 && fault.operation === operation && (fault.organisationId ?? organisationId) === organisationId,
      );
      if (hit !== undefined) hit.left -= 1;
      return hit?.fault.effect;
    },
  };
}
