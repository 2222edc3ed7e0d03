// What a seed decides before the run begins: how big the world is, how much goes wrong and what.

import { OPERATION_KINDS } from "../../../shared/docuware/control-plane/control-plane.ts";
import type { Organisation } from "../../../shared/organisations/organisation.ts";
import type { UpgradePolicy } from "../../../shared/upgrades/core/upgrade.ts";
import type { Errand } from "./errands.ts";
import { drawOrganisations, type Place } from "./organisations.ts";
import { seededRandom, type Random } from "./random.ts";
import { drawErrands } from "./seeded-errands.ts";
import { drawRegistry } from "./seeded-registry.ts";
import { drawTheme, THEMES, type Theme } from "./seeded-themes.ts";
import type { Durations, SimControlPlane } from "./sim-control-plane.ts";
import { NOON, OLD, type WorldOptions } from "./world.ts";

type ControlPlaneFault = Parameters<SimControlPlane["inject"]>[0];

export interface Plan {
  readonly kind: "hotfix" | "upgrade";
  readonly world: WorldOptions;
  readonly workers: number;
  /** The errands of each operator, in their order. */
  readonly errands: readonly (readonly Errand[])[];
  readonly controlPlaneFaults: readonly ControlPlaneFault[];
  /** Calls that fail nearly always while faults last. */
  readonly outages: readonly string[];
  /** They begin with this step. */
  readonly outagesFrom?: number;
  /** From this step on these calls of workers fail for good, so many times: the store refuses a row, the code throws. */
  readonly refusal?: { readonly call: string; readonly fromStep: number; readonly times: number };
  /** Nothing but what the plan is about goes wrong: then everything is told at once. */
  readonly isClean?: boolean;
  /** The first worker that comes to this call freezes there: it acts on what it knew long ago. */
  readonly trap: string | undefined;
  /** Chance per step. */
  readonly rates: Readonly<Record<"crash" | "fail" | "lockLost" | "freeze" | "messageLost" | "slow", number>>;
  /** Chance per step that a worker's clock goes wrong, or is set right again. */
  readonly clockRate: number;
  readonly longestFreezeMs: number;
  /** So long nobody takes a message, from the moment at which the first upgrade waits to be begun. */
  readonly outageMs: number;
  readonly faultsForMs: number;
  readonly faultSteps: number;
}

export const MINUTE = 60_000;
export const DAY = 1440 * MINUTE;

const TRAPS = [
  ...OPERATION_KINDS.map((kind) => `begin ${kind}`),
  "Upgrades.transact",
  "Quarantines.read",
  "send upgrade-steps",
  "suite ends",
  "publish",
];

interface Start {
  readonly at: number;
  readonly favourite?: Place;
}

const sundays = (start: string): Place["maintenanceWindow"] => ({
  kind: "weekly",
  weekdays: ["sunday"],
  start,
  durationMinutes: 300,
});
const near = (at: number, timeZone: string, start: string): Start => ({
  at,
  favourite: { timeZone, maintenanceWindow: sundays(start) },
});

/** The first windows open 30 days later: far from all clock changes, or at one, in the hour that is missing or doubled. */
const STARTS: readonly Start[] = [
  { at: NOON },
  near(Date.UTC(2026, 7, 24, 9), "Pacific/Auckland", "02:30"),
  near(Date.UTC(2026, 8, 1, 3), "Australia/Lord_Howe", "02:15"),
  near(Date.UTC(2026, 8, 22, 9), "Europe/Berlin", "02:30"),
  near(Date.UTC(2027, 1, 8, 15), "America/New_York", "02:30"),
  near(Date.UTC(2027, 1, 22, 9), "Asia/Beirut", "00:15"),
];

/** `theme`: instead of the one that the seed decides. */
export function drawPlan(random: Random, theme?: Theme): Plan {
  const kind = random.chance(0.25) ? "upgrade" : "hotfix";
  const { at: startAt, favourite }: Start = kind === "upgrade" ? random.pick(STARTS) : { at: NOON };
  const organisations = drawOrganisations(random, random.pick([1, 2, 3, 4, 6]), favourite);
  const longestFreezeMs = random.pick([MINUTE, 5 * MINUTE, 30 * MINUTE]);
  const sometimes = (rate: number): number => (random.chance(0.5) ? rate : 0);
  const trap = random.chance(0.3) ? random.pick(TRAPS) : undefined;
  const faultDays = kind === "upgrade" ? random.pick([1, 35, 60]) : 0;
  const drawn = {
    kind,
    world: drawWorld(random, { kind, startAt, organisations, longestDelayMs: longestFreezeMs }),
    workers: random.between(2, 4),
    errands: drawErrands(random, { kind, startAt, organisations }),
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
    longestFreezeMs,
    faultsForMs: faultDays === 0 ? random.pick([5, 20, 60]) * MINUTE : faultDays * DAY,
    faultSteps: random.between(100, 1500) * (kind === "upgrade" ? 10 : 1),
  } as const;
  // From a number of its own, so that it does not change what else the seed decides.
  const own = seededRandom(drawn.faultSteps);
  const registry = drawRegistry(seededRandom(drawn.faultSteps + 1), { kind, startAt, organisations }, 0.4);
  const errands = [...drawn.errands, registry];
  const clockRate = seededRandom(drawn.faultSteps + 2).chance(1 / 8) ? 0.02 : 0;
  const plan = { ...drawn, errands, clockRate, outageMs: own.chance(0.2) ? own.between(1, 10 * 60) * MINUTE : 0 };
  const about = theme ?? drawTheme(own);
  return about === undefined ? plan : THEMES[about](plan, own);
}

function drawWorld(
  random: Random,
  given: {
    readonly kind: Plan["kind"];
    readonly startAt: number;
    readonly organisations: readonly Organisation[];
    readonly longestDelayMs: number;
  },
): WorldOptions {
  const { kind, ...fixed } = given;
  const isSick = random.chance(0.2);
  const atLeast = random.chance(0.5) ? random.between(1, 2) : 1000;
  return {
    ...fixed,
    durationsMs: drawDurations(random),
    policy: drawPolicy(random),
    suite: drawSuite(random),
    isWell: (organisationId, version) => !isSick || version === OLD || organisationId.length % 3 > 0,
    quarantineRule: { percent: 50, atLeast },
    tickMs: kind === "upgrade" ? random.pick([5000, 30_000]) : 5000,
    quota: random.pick([
      { perMinute: 30, perHour: 100 },
      { perMinute: 1, perHour: 4 },
    ]),
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
    offlineLimitMs: random.pick([100, 240]) * MINUTE,
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
  const bad = random.chance(0.4);
  let glitches = random.chance(0.3) ? random.between(1, 3) : 0;
  return (organisationId, version) => {
    if (bad && version !== OLD && organisationId.length % 2 === 0) return false;
    if (glitches === 0) return true;
    glitches -= 1;
    return false;
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
  const calls = [
    ["status", "poll", "send upgrade-steps", "send campaign-ticks", "publish", "raise", "mail", "Notices.transact"],
    OPERATION_KINDS.map((kind) => `begin ${kind}`),
  ].flat();
  return Array.from({ length: random.between(1, 2) }, () => random.pick(calls));
}
