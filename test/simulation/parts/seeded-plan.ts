// What a seed decides before the run begins: how big the world is, how much goes wrong and what.

import type { UpgradePolicy } from "../../../shared/upgrades/core/upgrade.ts";
import { OPERATION_KINDS } from "../../../shared/docuware/control-plane.ts";
import { startOf, steer, steerOne, type Errand } from "./errands.ts";
import type { Random } from "./random.ts";
import type { Durations, SimControlPlane } from "./sim-control-plane.ts";
import { NEW, type Member, type WorldOptions } from "./world.ts";

type ControlPlaneFault = Parameters<SimControlPlane["inject"]>[0];

export interface Plan {
  readonly world: Pick<WorldOptions, "organisations" | "durationsMs" | "policy" | "suite">;
  readonly workers: number;
  /** The errands of each operator, in their order. */
  readonly errandsOf: (members: readonly Member[]) => readonly (readonly Errand[])[];
  readonly controlPlaneFaults: readonly ControlPlaneFault[];
  /** Calls that fail nearly always while faults last. */
  readonly outages: readonly string[];
  /** The first worker that comes to this call freezes there: it acts on what it knew long ago. */
  readonly trap: string | undefined;
  /** Chance per step. */
  readonly rates: Readonly<Record<"crash" | "fail" | "lockLost" | "freeze" | "messageLost" | "slow", number>>;
  readonly longestFreezeMs: number;
  readonly faultsForMs: number;
  readonly faultSteps: number;
}

const MINUTE = 60_000;
const TRAPS = [
  ...OPERATION_KINDS.map((kind) => `begin ${kind}`),
  "Upgrades.transact",
  "send upgrade-steps",
  "suite ends",
];

export function drawPlan(random: Random): Plan {
  const organisations = random.between(1, 4);
  const policy = drawPolicy(random);
  const sometimes = (rate: number): number => (random.chance(0.5) ? rate : 0);
  const durationsMs = drawDurations(random);
  const suite = drawSuite(random);
  const trap = random.chance(0.3) ? random.pick(TRAPS) : undefined;
  return {
    world: { organisations, policy, durationsMs, suite },
    workers: random.between(2, 4),
    errandsOf: drawErrands(random),
    controlPlaneFaults: drawControlPlaneFaults(random),
    outages: [...drawOutages(random), ...(trap !== undefined && random.chance(0.5) ? [trap] : [])],
    trap,
    rates: {
      crash: sometimes(0.03),
      fail: sometimes(0.05),
      lockLost: sometimes(0.05),
      freeze: sometimes(0.02),
      messageLost: sometimes(0.01),
      slow: sometimes(0.03),
    },
    longestFreezeMs: random.pick([MINUTE, 5 * MINUTE, 30 * MINUTE]),
    faultsForMs: random.pick([5, 20, 60]) * MINUTE,
    faultSteps: random.between(100, 1500),
  };
}

/** Shorter than in the cloud: deadlines pass often enough to matter. */
function drawPolicy(random: Random): UpgradePolicy {
  const limit = random.pick([2, 5, 15]) * MINUTE;
  return {
    limitsMs: {
      goingOffline: limit,
      creatingRestorePoint: limit,
      upgrading: 2 * limit,
      verifying: limit,
      goingOnline: limit,
      restoring: 2 * limit,
    },
    verifyAttempts: random.between(1, 2),
    verifyPauseMs: 5000,
    pollEveryMs: 5000,
  };
}

const drawDurations = (random: Random): Durations => {
  const one = (): number => random.pick([0, 0, 1000, 7000, 90_000]);
  return { takeOffline: one(), createRestorePoint: one(), upgrade: one(), restore: one(), bringOnline: one() };
};

/** Fails on the new version for some organisations, and once in a while wherever it runs. */
function drawSuite(random: Random): (organisationId: string, version: string) => boolean {
  const bad = random.chance(0.3);
  let glitches = random.chance(0.3) ? random.between(1, 3) : 0;
  return (organisationId, version) => {
    if (bad && version !== "7.12.1.100" && organisationId.length % 2 === 0) return false;
    if (glitches === 0) return true;
    glitches -= 1;
    return false;
  };
}

function drawErrands(random: Random): Plan["errandsOf"] {
  const maxInFlight = random.between(1, 3);
  const failureBudget = random.between(1, 4);
  const hasRival = random.chance(0.4);
  const verbs = random.chance(0.4) ? [random.pick(["pause", "abort"] as const), "resume" as const] : [];
  const hasSkip = random.chance(0.2);
  const hasRetry = random.chance(0.3);
  return (members) => {
    const first = members[0]?.organisationId ?? "";
    const own = startOf("c-1", members, { version: NEW, maxInFlight, failureBudget });
    const later: Errand[] = verbs.map((verb) => steer("c-1", verb));
    if (hasSkip) later.unshift(steerOne("c-1", first, "skip"));
    if (hasRetry) later.push(steerOne("c-1", first, "retry"));
    const rival = startOf("c-2", members.slice(0, 2), { version: "7.13.0.2", maxInFlight: 1, failureBudget });
    return hasRival ? [[], own, later, rival] : [[], own, later];
  };
}

function drawControlPlaneFaults(random: Random): readonly ControlPlaneFault[] {
  const count = random.chance(0.6) ? random.between(1, 3) : 0;
  return Array.from({ length: count }, () => {
    const effect = random.pick(["refuse", "lose", "fail", "hang"] as const);
    const isCall = effect === "refuse" || effect === "lose";
    const operation =
      isCall && random.chance(0.3) ? random.pick(["poll", "status"] as const) : random.pick(OPERATION_KINDS);
    return { operation, effect, times: random.between(1, 4) };
  });
}

function drawOutages(random: Random): readonly string[] {
  if (!random.chance(0.15)) return [];
  const calls = ["status", "poll", ...OPERATION_KINDS.map((kind) => `begin ${kind}`), "send upgrade-steps"];
  return Array.from({ length: random.between(1, 2) }, () => random.pick(calls));
}
