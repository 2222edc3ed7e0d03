// Faults that a test or a person sets on one organisation: which call goes wrong, how, and how often. Kept in memory
// only; a restart clears them.
import { z } from "zod";
import { OPERATION_KINDS } from "../../../shared/docuware/control-plane/control-plane.ts";

const CONTROL_PLANE_OPERATIONS = [...OPERATION_KINDS, "getStatus", "getOperation"] as const;

const PLATFORM_OPERATIONS = [
  "discovery",
  "token",
  "version",
  "cabinets",
  "dialogs",
  "store",
  "search",
  "fetch",
  "download",
  "update",
  "delete",
  "trashQuery",
  "trashDelete",
  "logoff",
] as const;
export type PlatformOperation = (typeof PLATFORM_OPERATIONS)[number];

const EFFECTS = ["fail", "hang", "slow", "corrupt", "throttle", "drop"] as const;
const TARGETS = ["controlPlane", "platform"] as const;
const ALLOWED = { controlPlane: CONTROL_PLANE_OPERATIONS, platform: PLATFORM_OPERATIONS } as const;
const MAX_FAULTS = 10_000;
const MAX_DELAY_MS = 24 * 3600 * 1000;

const faultSchema = z
  .strictObject({
    organisationId: z.string().min(1),
    target: z.enum(TARGETS),
    operation: z.string(),
    effect: z.enum(EFFECTS),
    /** Of a control-plane operation: refused at the call, or accepted and then going wrong while it runs. */
    phase: z.enum(["begin", "run"]).optional(),
    delayMs: z.number().min(0).max(MAX_DELAY_MS).optional(),
    /** How often; without it until the faults are cleared. */
    times: z.int().min(1).optional(),
    message: z.string().max(500).optional(),
  })
  .check((context) => {
    const { target, operation, phase, effect } = context.value;
    const allowed: readonly string[] = ALLOWED[target];
    const issue = (path: string, message: string): void => {
      context.issues.push({ code: "custom", path: [path], message, input: context.value });
    };
    if (!allowed.includes(operation)) {
      issue("operation", `"${operation}" is not an operation of the ${target}; allowed: ${allowed.join(", ")}`);
    }
    if (phase === "run" && target === "platform") issue("phase", "only control-plane operations have phases");
    if (phase === "run" && (operation.startsWith("get") || effect === "throttle" || effect === "corrupt")) {
      issue("phase", `${effect} of ${operation} can only happen at the call; leave phase out or say "begin"`);
    }
  });

export type Fault = z.infer<typeof faultSchema>;

export const faultsBody = z.array(faultSchema).max(MAX_FAULTS);

interface Entry {
  readonly fault: Fault;
  readonly phase: "begin" | "run";
  remaining: number;
  hits: number;
}

/** Without a phase, what can go wrong while an operation runs does so then; the rest goes wrong at the call. */
function phaseOf(fault: Fault): "begin" | "run" {
  if (fault.phase !== undefined) return fault.phase;
  const isOperation = OPERATION_KINDS.some((kind) => kind === fault.operation);
  const runs = fault.effect === "fail" || fault.effect === "hang" || fault.effect === "slow";
  return fault.target === "controlPlane" && isOperation && runs ? "run" : "begin";
}

export class Faults {
  readonly #entries: Entry[] = [];

  add(faults: readonly Fault[]): void {
    if (this.#entries.length + faults.length > MAX_FAULTS) {
      throw new RangeError(`More than ${MAX_FAULTS} faults; clear some first (DELETE /_simulator/faults).`);
    }
    for (const fault of faults) {
      this.#entries.push({ fault, phase: phaseOf(fault), remaining: fault.times ?? Infinity, hits: 0 });
    }
  }

  list(): readonly (Fault & { readonly hits: number; readonly remaining?: number })[] {
    return this.#entries.map(({ fault, phase, remaining, hits }) => ({
      ...fault,
      ...(fault.target === "controlPlane" ? { phase } : {}),
      hits,
      ...(remaining === Infinity ? {} : { remaining }),
    }));
  }

  /** Clears all faults, or those of one organisation. */
  clear(organisationId?: string): void {
    const kept = this.#entries.filter(
      ({ fault }) => organisationId !== undefined && fault.organisationId !== organisationId,
    );
    this.#entries.splice(0, this.#entries.length, ...kept);
  }

  /** The oldest fault that hits this call, counted down; undefined when the call goes well. */
  take(
    organisationId: string,
    target: Fault["target"],
    operation: string,
    phase: "begin" | "run" = "begin",
  ): Fault | undefined {
    if (this.#entries.length === 0) return undefined;
    const entry = this.#entries.find(
      ({ fault, phase: at, remaining }) =>
        remaining > 0 &&
        fault.organisationId === organisationId &&
        fault.target === target &&
        fault.operation === operation &&
        at === phase,
    );
    if (entry === undefined) return undefined;
    entry.remaining--;
    entry.hits++;
    return entry.fault;
  }
}
