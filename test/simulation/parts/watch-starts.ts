// What must hold at the moment at which an upgrade starts.
//
// I2 of kind upgrade: an announcement that counts was taken by the mail provider 28 calendar days before, at the same wall
//    time; a mail told the very date; it lies inside the announced window, which no freeze touches, with time to turn back
// I2 of a hotfix: its customer has a mail about it, or support has an incident that customers are not told in time
// I16 the latest functional check of the organisation that could be known passed, and is not too old
// I9 its ring is open; and a ring opens by itself only when one of the ring before has succeeded and worked for the soak
//    time, and none of those upgraded is ill

import { addToWall, DAY, HOUR, MINUTE, wallClock } from "../../property/time/wall-clock.ts";
import type { SimMailer, Taken } from "./sim-mailer.ts";
import { CHECK_MAX_AGE_MS, type Surroundings } from "./surroundings.ts";
import { keyOf, type AppointmentRow, type CampaignRow, type UpgradeRow } from "./watch-rows.ts";
import type { Break } from "./watch-states.ts";

interface Ports {
  readonly now: () => number;
  readonly mailer: SimMailer;
  readonly surroundings: Surroundings;
  readonly standard: { readonly upgradeMs: number; readonly rollBackMs: number };
  /** How old what a worker knows may be when it acts on it. */
  readonly longestDelayMs: number;
  readonly upgrades: ReadonlyMap<string, UpgradeRow>;
  /** Upgrades that ended well: enough of them change the estimates. */
  readonly finished: () => number;
}

const clocks = new Map<string, (instant: number) => string>();
function clockOf(zone: string): (instant: number) => string {
  let clock = clocks.get(zone);
  if (clock === undefined) clocks.set(zone, (clock = wallClock(zone)));
  return clock;
}

/** A call may take a minute more than what the run delays on purpose. */
const CALL_MS = 2 * MINUTE;
const NOTICE_DAYS = 28;

export function createStarts(ports: Ports, breakIt: Break) {
  return {
    onStart(campaign: CampaignRow | undefined, row: UpgradeRow): void {
      if (campaign === undefined) return;
      if (campaign.rings.findIndex(({ ring }) => ring === row.ring) >= campaign.openRings) {
        breakIt("I9", `${keyOf(row)} starts, but its ring ${row.ring} is not open`);
      }
      const ill = whyNotWell(ports, row);
      if (ill !== undefined) breakIt("I16", `${keyOf(row)} starts, but ${ill}`);
      if (campaign.kind !== "upgrade") {
        if (!isToldOfHotfix(ports, row))
          breakIt("I2", `${keyOf(row)} starts, and neither its customer nor support was told`);
        return;
      }
      const { appointment } = row;
      const wrong = appointment === undefined ? "it has no date" : whyNot(ports, row, appointment);
      if (wrong !== undefined) breakIt("I2", `${keyOf(row)} starts at ${iso(ports.now())}, but ${wrong}`);
    },
    /** A worker asks the control plane to take the organisation offline. */
    onTakeOffline(row: UpgradeRow): void {
      const { appointment } = row;
      const now = ports.now();
      if (appointment === undefined || (now >= appointment.start && now <= appointment.end)) return;
      breakIt("I2", `${keyOf(row)} is taken offline at ${iso(now)}, announced was ${span(appointment)}`);
    },
    onRingOpened(campaign: CampaignRow, position: number): void {
      const wrong = whyRingMustWait(ports, campaign, position - 1);
      if (wrong !== undefined)
        breakIt("I9", `ring ${campaign.rings[position]?.ring} of ${campaign.campaignId} opens, but ${wrong}`);
    },
    onAppointed(before: UpgradeRow, after: UpgradeRow, by: string, reason: string): void {
      const wrong = whyNotAppointed(before, after, by, reason);
      if (wrong !== undefined) breakIt("I2", `${keyOf(after)} was given another date by ${by}: ${wrong}`);
    },
  };
}

/** The customer has a mail, or support knows that customers are not told in time. */
const isToldOfHotfix = ({ mailer, surroundings }: Ports, { campaignId, organisationId }: UpgradeRow): boolean =>
  surroundings.incidents.has(`hotfix-not-told:${campaignId}`) ||
  mailer
    .about(`${campaignId}.${organisationId}@upgrades.docuware.cloud`)
    .some(({ event }) => event?.method === "REQUEST");

function whyNot(ports: Ports, row: UpgradeRow, appointment: AppointmentRow): string | undefined {
  const now = ports.now();
  const { start, end, wallStart, zone } = appointment;
  if (!isFirstInstant(zone, wallStart, start)) return `its date ${wallStart} ${zone} is not ${iso(start)}`;
  if (now < start || now > end) return `its window is ${span(appointment)}`;
  const { upgradeMs, rollBackMs } = ports.standard;
  // From then on the estimates are learned.
  if (ports.finished() < 20 && now + upgradeMs + rollBackMs > end + ports.longestDelayMs + CALL_MS) {
    return `it will not be back before its window ends at ${iso(end)}`;
  }
  return whyFrozen(ports, row, appointment) ?? whyNotTold(ports, row, appointment);
}

function whyFrozen({ surroundings, longestDelayMs, now }: Ports, row: UpgradeRow, { start, end }: AppointmentRow) {
  const known = now() - longestDelayMs - CALL_MS;
  const frozen = surroundings.freezes.find((one) => {
    const { scope } = one.freeze;
    const isIts =
      scope.kind === "global" ||
      (scope.kind === "stamp" ? scope.stamp === row.stamp : scope.organisationId === row.organisationId);
    return isIts && one.declaredAt < known && one.start < end && start < one.end;
  });
  return frozen === undefined
    ? undefined
    : `freeze ${frozen.freeze.freezeId} holds from ${iso(frozen.start)} to ${iso(frozen.end)}`;
}

function whyNotTold({ mailer, longestDelayMs, now }: Ports, row: UpgradeRow, appointment: AppointmentRow) {
  const known = now() - longestDelayMs - CALL_MS;
  const hasArrived = ({ to, bounced, bouncedAt }: Taken): boolean =>
    to.some((one) => !bounced.has(one)) || bouncedAt >= known;
  const mails = mailer.about(`${row.campaignId}.${row.organisationId}@upgrades.docuware.cloud`).filter(hasArrived);
  const { wallStart, zone, start, noticeFrom, revision } = appointment;
  const clock = clockOf(zone);
  const latest = addToWall(wallStart, -NOTICE_DAYS * DAY);
  const isInTime = ({ at }: Taken): boolean => clock(at) < latest || (clock(at) === latest && at % MINUTE === 0);
  if (!mails.some((one) => (one.event?.sequence ?? -1) >= noticeFrom && isInTime(one))) {
    return `no mail was taken by ${latest} ${zone}, four weeks before ${wallStart}`;
  }
  const instant = new Date(start).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const shown = `${clock(start).replaceAll(/[-:]/g, "")}00`;
  const tellsIt = ({ event }: Taken): boolean =>
    event?.sequence === revision && event.method === "REQUEST" && (event.start === shown || event.start === instant);
  return mails.some(tellsIt) ? undefined : `no mail told its date ${wallStart} (revision ${revision})`;
}

/** The first instant at which the clocks of the zone show the wall time or, where it is missing, a later one. */
function isFirstInstant(zone: string, wall: string, start: number): boolean {
  const clock = clockOf(zone);
  if (clock(start) < wall || clock(start - MINUTE) >= wall) return false;
  return [1, 2, 3, 4, 5, 6].every((halves) => clock(start - (halves * HOUR) / 2) !== wall);
}

/** Changed by us, the four weeks begin anew; chosen by the customer they go on, within a week before and three after. */
function whyNotAppointed(before: UpgradeRow, after: UpgradeRow, by: string, reason: string): string | undefined {
  const [was, is] = [before.appointment, after.appointment];
  if (was === undefined || is === undefined) return "it has no date";
  if (is.revision !== was.revision + 1) return `its revision goes from ${was.revision} to ${is.revision}`;
  if (is.noticeFrom === is.revision && is.announcedWall === is.wallStart) {
    return by.startsWith("customer:") ? "the customer's choice is announced anew" : undefined;
  }
  if (is.noticeFrom !== was.noticeFrom || is.announcedWall !== was.announcedWall) return "the announcement is lost";
  if (!/^(?:customer|tool|person):/.test(by))
    return reason.startsWith("the clock rules") ? undefined : "it is not announced anew";
  const [first, last] = [addToWall(is.announcedWall, -7 * DAY), addToWall(is.announcedWall, 21 * DAY)];
  return is.wallStart >= first && is.wallStart <= last
    ? undefined
    : `${is.wallStart} is out of reach of ${is.announcedWall}`;
}

function whyRingMustWait(ports: Ports, campaign: CampaignRow, position: number): string | undefined {
  const ring = campaign.rings[position];
  if (ring === undefined) return undefined;
  const all = [...ports.upgrades.values()].filter(({ campaignId }) => campaignId === campaign.campaignId);
  const members = all.filter((row) => row.ring === ring.ring);
  const now = ports.now();
  const waiting = members.find(({ state, appointment }) => state === "scheduled" && (appointment?.revision ?? 0) === 0);
  if (waiting !== undefined) return `${waiting.organisationId} of ring ${ring.ring} waits still`;
  const succeeded = members.filter(({ state }) => state === "succeeded");
  const touched = members.filter(({ state }) => state !== "scheduled" && state !== "skipped");
  if (touched.length === 0) return undefined;
  if (!succeeded.some(({ onlineAgainAt = now }) => onlineAgainAt + ring.soakMs <= now)) {
    return `nobody of ring ${ring.ring} has worked with the version for ${ring.soakMs} ms`;
  }
  const before = new Set(campaign.rings.slice(0, position + 1).map((one) => one.ring));
  const upgraded = all.filter((row) => row.state === "succeeded" && before.has(row.ring));
  const ill = upgraded.find((row) => isIll(ports, row));
  return ill === undefined ? undefined : `the functional checks of ${ill.organisationId} fail`;
}

/** By what the admission could know: it asked for the latest checks before. */
function whyNotWell({ surroundings, longestDelayMs, now }: Ports, { organisationId }: UpgradeRow): string | undefined {
  const askedAt = surroundings.checksReadAt.get(organisationId);
  if (askedAt === undefined || askedAt < now() - longestDelayMs - CALL_MS)
    return "nobody asked how the organisation is";
  const [latest] = surroundings.checksOf(organisationId, askedAt, 1);
  if (latest === undefined || askedAt - latest.at > CHECK_MAX_AGE_MS + CALL_MS)
    return "it was not checked for too long";
  return latest.outcome === "passed" ? undefined : "its latest functional check failed";
}

/** By what the gate could know: it asks for checks before it decides. */
function isIll(
  { surroundings, longestDelayMs, now }: Ports,
  { organisationId, onlineAgainAt = 0 }: UpgradeRow,
): boolean {
  const known = surroundings.checksReadAt.get(organisationId) ?? now() - longestDelayMs - CALL_MS;
  const since = surroundings.checksOf(organisationId, known, 2).filter(({ at }) => at >= onlineAgainAt);
  return since.length === 2 && since.every(({ outcome }) => outcome === "failed");
}

const iso = (at: number): string => new Date(at).toISOString();
const span = ({ start, end }: AppointmentRow): string => `${iso(start)} to ${iso(end)}`;
