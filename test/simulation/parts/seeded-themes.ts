// Some seeds are about one situation that chance alone brings about once in a thousand runs.

import { drawOrganisations } from "./organisations.ts";
import type { Random } from "./random.ts";
import { startOf } from "./errands.ts";
import { drawErrands } from "./seeded-errands.ts";
import { drawRegistry } from "./seeded-registry.ts";
import type { Plan } from "./seeded-plan.ts";
import { NEW, NOON, OLD } from "./world.ts";

const MINUTE = 60_000;

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
} as const satisfies Record<string, (plan: Plan, own: Random) => Plan>;

export type Theme = keyof typeof THEMES;

const NAMES = Object.keys(THEMES).filter((name): name is Theme => name in THEMES);

/** One seed in eight has a theme, whatever else it decides. */
export const drawTheme = (own: Random): Theme | undefined => (own.chance(1 / 8) ? own.pick(NAMES) : undefined);
