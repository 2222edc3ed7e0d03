// What happens to the registry in a seeded run: organisations are removed, registered again and changed at any time.

import type { Organisation } from "../../../shared/organisations/organisation.ts";
import { changeOrganisation, registerAgain, removeOrganisation, type Errand } from "./errands.ts";
import { WINDOWS } from "./organisations.ts";
import type { Random } from "./random.ts";
import { isInFlight } from "./watch-states.ts";
import type { World } from "./world.ts";

const DAY = 86_400_000;

/** `share`: of the seeds in which anything happens. */
export function drawRegistry(
  random: Random,
  given: {
    readonly kind: "hotfix" | "upgrade";
    readonly startAt: number;
    readonly organisations: readonly Organisation[];
  },
  share: number,
): readonly Errand[] {
  if (!random.chance(share)) return [];
  const draw = (): Errand => {
    const organisation = random.pick(given.organisations);
    const errand = drawOne(random, organisation);
    if (random.chance(0.4)) return { ...errand, when: whenBegun(organisation.organisationId) };
    return given.kind === "upgrade" ? { ...errand, at: given.startAt + random.between(0, 45 * DAY) } : errand;
  };
  return Array.from({ length: random.between(1, 4) }, draw);
}

function drawOne(random: Random, organisation: Organisation): Errand {
  const { organisationId } = organisation;
  const options: readonly (() => Errand)[] = [
    () => removeOrganisation(organisationId),
    () => removeOrganisation(organisationId),
    () => registerAgain(organisation),
    () => changeOrganisation(organisationId, { name: `Renamed ${random.between(1, 9)}` }),
    () => changeOrganisation(organisationId, { contacts: [`new@${organisationId}.example`] }),
    () => changeOrganisation(organisationId, { maintenanceWindow: random.pick(WINDOWS) }),
    () => changeOrganisation(organisationId, { stamp: random.pick(["eu-1", "us-1"]), ring: "early" }),
  ];
  return random.pick(options)();
}

const whenBegun =
  (organisationId: string) =>
  ({ watch }: World): boolean =>
    [...watch.upgrades.values()].some((row) => row.organisationId === organisationId && isInFlight(row.state));
