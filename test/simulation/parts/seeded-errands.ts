// What people do in a seeded run: operators, customers and support.

import type { Organisation } from "../../../shared/organisations/organisation.ts";
import {
  bounceMail,
  chooseDate,
  declareFreeze,
  lift,
  moveDate,
  resendAll,
  startOf,
  steer,
  steerOne,
  type CampaignOptions,
  type Errand,
} from "./errands.ts";
import type { Random } from "./random.ts";
import { wholeMinute } from "./surroundings.ts";
import { isInFlight } from "./watch-states.ts";
import { NEW, type World } from "./world.ts";

const RIVALS = ["same organisations", "same version"] as const;

interface Given {
  /** Left to chance when absent. */
  readonly rival?: (typeof RIVALS)[number];
  readonly kind: "hotfix" | "upgrade";
  readonly startAt: number;
  readonly organisations: readonly Organisation[];
}

const DAY = 86_400_000;
const OTHER = "7.13.0.2";

export function drawErrands(random: Random, given: Given): readonly (readonly Errand[])[] {
  const { organisations, kind } = given;
  const first = organisations[0]?.organisationId ?? "";
  // A rival that wants the same organisations, or one that brings the same version to others.
  const rival = given.rival ?? (random.chance(0.4) ? random.pick(RIVALS) : undefined);
  const [own, others] =
    rival === "same version" ? splitByLuck(organisations) : [organisations, organisations.slice(0, 2)];
  const campaign = drawCampaign(random, kind, own, NEW);
  const second = drawCampaign(random, kind, others, rival === "same version" ? NEW : OTHER);
  const later = random.chance(0.4) ? [random.pick(["pause", "abort"] as const), "resume" as const] : [];
  const steering = later.map((verb) => at(random, given, 25, 40, steer("c-1", verb)));
  if (random.chance(0.2)) steering.unshift(drawSkip(random, given, first));
  if (random.chance(0.3)) steering.push(whenUnderWay("c-1", first, steerOne("c-1", first, "force-roll-back")));
  if (random.chance(0.3)) steering.push(steerOne("c-1", first, "retry"));
  const hasLift = random.chance(0.3);
  const lifting = hasLift ? ["operator-a", "operator-b"].map((by) => whenQuarantined(lift(NEW, by))) : [];
  return [
    [],
    startOf("c-1", own, campaign),
    steering,
    rival !== undefined && others.length > 0 ? startOf("c-2", others, second) : [],
    lifting,
    // Whoever is stopped by the quarantine of others tries to go on.
    rival === "same version" ? [whenStopped(steer("c-2", "resume")), whenStopped(steer("c-1", "resume"), "c-1")] : [],
    ...(kind === "upgrade" ? drawCustomers(random, given) : []),
  ];
}

/** Where the version is bad, it is for names of even length (seeded-plan.ts): so one campaign fails and the other does not. */
function splitByLuck(all: readonly Organisation[]): readonly [readonly Organisation[], readonly Organisation[]] {
  const [even, odd] = [0, 1].map((rest) => all.filter(({ organisationId }) => organisationId.length % 2 === rest));
  if (even !== undefined && odd !== undefined && even.length > 0 && odd.length > 0) return [even, odd];
  const half = Math.ceil(all.length / 2);
  return [all.slice(0, half), all.slice(half)];
}

function drawCampaign(
  random: Random,
  kind: Given["kind"],
  organisations: readonly Organisation[],
  version: string,
): CampaignOptions {
  const failureBudget = random.between(1, 4);
  const soakMs = random.pick([0, 10 * 60_000, ...(kind === "upgrade" ? [DAY] : [])]);
  const named = [
    {
      ring: "canary",
      organisations: organisations.slice(0, 1).map((one) => one.organisationId),
      soakMs,
      failureBudget: 1,
    },
    { ring: "broad", soakMs, failureBudget: random.between(1, 3) },
  ];
  // Without rings those of the registry.
  const { rings } = random.pick([{ rings: undefined }, { rings: named }, { rings: [{ ring: "broad", soakMs }] }]);
  return {
    kind,
    version,
    maxInFlight: random.between(1, 3),
    failureBudget,
    stampFailureBudget: random.between(1, 4),
    standardSoakMs: soakMs,
    rings,
  };
}

/** While its customers are being told, or later. */
function drawSkip(random: Random, given: Given, organisationId: string): Errand {
  const skip = steerOne("c-1", organisationId, "skip");
  const isEarly = random.chance(0.4);
  return isEarly ? whenApproved(skip) : at(random, given, 1, 35, skip);
}

/** Two lists, as customers do not wait for each other. */
function drawCustomers(random: Random, given: Given): readonly (readonly Errand[])[] {
  const { organisations } = given;
  const one = (): string => random.pick(organisations).organisationId;
  const draw = (): Errand => {
    const organisationId = one();
    const options: readonly (() => Errand)[] = [
      () => chooseDate("c-1", organisationId, random.next()),
      () => chooseDate("c-1", organisationId, random.next()),
      () => moveDate("c-1", organisationId, random.pick([-7, 7, 14, 28, 35])),
      () => bounceMail("c-1", organisationId, random.chance(0.5)),
      () => resendAll("c-1", organisationId),
      () => mailTrouble(organisationId, random.chance(0.5)),
      () => drawFreeze(random, given),
    ];
    return random.pick(options)();
  };
  return [1, 2].map(() =>
    Array.from({ length: random.between(0, 4) }, () => at(random, given, 0, 40, draw())).toSorted(
      (a, b) => (a.at ?? 0) - (b.at ?? 0),
    ),
  );
}

function drawFreeze(random: Random, { organisations, startAt }: Given): Errand {
  const { organisationId, stamp } = random.pick(organisations);
  const scope = random.pick([
    { kind: "global" },
    { kind: "stamp", stamp },
    { kind: "organisation", organisationId },
  ] as const);
  const start = wholeMinute(startAt + random.between(28, 50) * DAY + random.between(0, DAY));
  return declareFreeze(scope, start, start + random.between(1, 10) * DAY);
}

/** The provider answers 429, or does not know the address (any more). */
const mailTrouble = (organisationId: string, isBusy: boolean): Errand => ({
  what: isBusy ? "the mail provider is busy" : `mails to ${organisationId} fail`,
  run: async (_, { mailer }) => (isBusy ? mailer.beBusy(3) : mailer.failNext(`it@${organisationId}.example`)),
});

/** For kind upgrade on a day between these. */
const at = (random: Random, { kind, startAt }: Given, from: number, to: number, errand: Errand): Errand =>
  kind === "upgrade" ? { ...errand, at: startAt + random.between(from * DAY, to * DAY) } : errand;

const whenApproved = (errand: Errand): Errand => ({
  ...errand,
  when: ({ watch }) => watch.campaigns.get("c-1")?.state === "approved",
});

const whenUnderWay = (campaignId: string, organisationId: string, errand: Errand): Errand => ({
  ...errand,
  when: ({ watch }) => isInFlight(watch.upgrades.get(`${campaignId}|${organisationId}`)?.state ?? "scheduled"),
});

const whenQuarantined = (errand: Errand): Errand => ({ ...errand, when: ({ watch }: World) => watch.quarantined > 0 });

const whenStopped = (errand: Errand, campaignId = "c-2"): Errand => ({
  ...errand,
  when: ({ watch }) => watch.quarantined > 0 && watch.campaigns.get(campaignId)?.state === "paused",
});
