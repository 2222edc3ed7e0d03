// Some seeds are about one situation that chance alone brings about once in a thousand runs.

import { drawOrganisations } from "./organisations.ts";
import type { Random } from "./random.ts";
import { startOf } from "./errands.ts";
import { drawErrands } from "./seeded-errands.ts";
import { drawRegistry } from "./seeded-registry.ts";
import type { Plan } from "./seeded-plan.ts";
import { NEW, NOON, OLD } from "./world.ts";

const MINUTE = 60_000;

const SLOW = { takeOffline: 0, createRestorePoint: 7000, upgrade: 90_000, restore: 7000, bringOnline: 90_000 };

const REFUSED = [
  "Upgrades.transact",
  "Upgrades.read",
  "Upgrades.list",
  "Upgrades.replace",
  "suite begins",
  "suite ends",
  "send upgrade-steps",
  "send campaign-ticks",
  "poll",
  "status",
];

const CALM_RATES = { crash: 0, fail: 0, lockLost: 0, freeze: 0, messageLost: 0, slow: 0 };

/** Without chance: whatever the theme arranges is all that goes wrong. */
const clean = (plan: Omit<Plan, "world">): Omit<Plan, "world"> => ({
  ...plan,
  isClean: true,
  rates: CALM_RATES,
  trap: undefined,
  outages: [],
  outageMs: 0,
});

export const THEMES = {
  /** Bringing online takes effect, and nobody is there to see it before its deadline. */
  "late online": ({ world, ...plan }: Plan): Plan => ({
    ...plan,
    world: {
      ...world,
      durationsMs: { ...world.durationsMs, bringOnline: 90_000 },
      policy: { ...world.policy, limitsMs: { ...world.policy.limitsMs, goingOnline: 2 * MINUTE } },
    },
    rates: { ...plan.rates, freeze: 0.05, slow: 0.1 },
    longestFreezeMs: 5 * MINUTE,
  }),
  /** The version fails everywhere, and all that are in the campaign are under way at once. */
  "total failure": ({ world, ...plan }: Plan, own: Random): Plan => {
    const organisations = drawOrganisations(own, own.pick([1, 2, 3]));
    const given = { kind: plan.kind, startAt: world.startAt ?? NOON, organisations };
    const size = { kind: plan.kind, version: NEW, maxInFlight: 3, failureBudget: 4, stampFailureBudget: 4 };
    const rings = [{ ring: "broad", soakMs: 0, failureBudget: 4 }];
    const [, , ...others] = drawErrands(own, given);
    return {
      ...plan,
      world: {
        ...world,
        organisations,
        suite: (_, version) => version === OLD,
        quarantineRule: { percent: 50, atLeast: own.between(1, organisations.length) },
      },
      errands: [[], startOf("c-1", organisations, { ...size, rings }), ...others],
    };
  },
  /** Organisations are removed and registered again while campaigns take them. */
  "changing registry": ({ world, ...plan }: Plan, own: Random): Plan => {
    const { organisations } = world;
    const given = { kind: plan.kind, startAt: world.startAt ?? NOON, organisations };
    return { ...plan, world, errands: [...plan.errands, ...[1, 2].map(() => drawRegistry(own, given, 1))] };
  },
  /** Two campaigns bring a version that fails at the organisations of one of them, and is quarantined. */
  "shared bad version": ({ world, ...plan }: Plan, own: Random): Plan => {
    const organisations = drawOrganisations(own, own.pick([4, 6]));
    return {
      ...plan,
      world: {
        ...world,
        organisations,
        suite: (organisationId, version) => version === OLD || organisationId.length % 2 > 0,
        quarantineRule: { percent: 50, atLeast: 1 },
      },
      errands: drawErrands(own, {
        kind: plan.kind,
        startAt: world.startAt ?? NOON,
        organisations,
        rival: "same version",
      }),
    };
  },
  /** A handler fails for good wherever it stands, for ever or for a while. */
  "fails for good": ({ world, ...plan }: Plan, own: Random): Plan => ({
    ...clean(plan),
    world: { ...world, durationsMs: own.chance(0.5) ? world.durationsMs : SLOW },
    refusal: {
      call: own.pick(REFUSED),
      fromStep: own.between(10, plan.kind === "hotfix" ? 200 : 1500),
      times: own.chance(0.5) ? Infinity : own.between(1, 12),
    },
  }),
  /** Some organisations are ill before, some fail on the new version, and on the old one in what matters less or more. */
  "ill organisations": ({ world, ...plan }: Plan, own: Random): Plan => {
    const organisations = drawOrganisations(own, own.pick([4, 6]));
    const checks = new Map<string, number>();
    const runs = new Map<string, number>();
    const count = (of: Map<string, number>, id: string): number => {
      of.set(id, (of.get(id) ?? 0) + 1);
      return of.get(id) ?? 0;
    };
    const kindOf = (id: string): number => organisations.findIndex(({ organisationId }) => organisationId === id) % 4;
    return {
      ...plan,
      world: {
        ...world,
        organisations,
        checkEveryMs: Infinity,
        // Of the first kind for good; of the second only once, which is no illness.
        isWell: (id, version) => version !== OLD || kindOf(id) > 1 || (kindOf(id) === 1 && count(checks, id) > 1),
        suite(id, version) {
          if (kindOf(id) < 2) return true;
          if (version !== OLD) return "store";
          return kindOf(id) === 2 ? "purge" : count(runs, id) > 2 || "store";
        },
      },
      errands: drawErrands(own, { kind: plan.kind, startAt: world.startAt ?? NOON, organisations }),
    };
  },
  /** Nobody can find out how an organisation is: bringing it online gives no answer, and its status neither. */
  "status unknown": ({ world, ...plan }: Plan, own: Random): Plan => ({
    ...clean(plan),
    // By then the campaign is made: what has no known version is not taken into one.
    outagesFrom: plan.kind === "hotfix" ? own.between(120, 300) : own.between(800, 4000),
    world: { ...world, durationsMs: SLOW },
    outages: ["status", "poll", "begin bringOnline"],
  }),
  /** Clocks go wrong, and little else does. Not drawn: a share of all seeds has wrong clocks, whatever else they have. */
  "wrong clocks": (plan: Plan): Plan => ({ ...plan, clockRate: 0.05 }),
} as const satisfies Record<string, (plan: Plan, own: Random) => Plan>;

export type Theme = keyof typeof THEMES;

const NAMES = Object.keys(THEMES).filter((name): name is Theme => name in THEMES && name !== "wrong clocks");

/** One seed in eight has a theme, whatever else it decides. */
export const drawTheme = (own: Random): Theme | undefined => (own.chance(1 / 8) ? own.pick(NAMES) : undefined);
