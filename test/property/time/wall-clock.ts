// The oracle: what the clocks on the walls of a zone show, minute by minute, asked of Intl.DateTimeFormat only. It shares
// neither code nor library (Temporal) with what it judges.

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A clock of one zone: the local time at an instant as `YYYY-MM-DDTHH:MM`, which sorts as it reads. */
export function wallClock(zone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (instant) => format.format(instant).replace(" ", "T");
}

/** Local time texts as numbers, so that minutes and days can be added: not instants. */
export const wallNumber = (wall: string): number => Date.parse(`${wall}Z`);
export const addToWall = (wall: string, ms: number): string =>
  new Date(wallNumber(wall) + ms).toISOString().slice(0, "2027-01-01T00:00".length);

/**
 * The first instants (whole minutes) of new offsets in [from, to). Five days apart at most one change happens: the
 * closest ones known are those around Ramadan in Morocco, a month apart.
 */
export function transitionsOf(clock: (instant: number) => string, from: number, to: number): readonly number[] {
  const offset = (instant: number): number => wallNumber(clock(instant)) - instant;
  const found: number[] = [];
  let before = offset(from);
  for (let at = from; at < to; at += 5 * DAY) {
    const after = offset(at + 5 * DAY);
    if (after !== before) found.push(firstMinuteWith(offset, after, at, at + 5 * DAY));
    before = after;
  }
  return found.filter((instant) => instant < to);
}

function firstMinuteWith(offset: (instant: number) => number, wanted: number, low: number, high: number): number {
  let [from, to] = [low, high];
  while (to - from > MINUTE) {
    const middle = from + Math.floor((to - from) / 2 / MINUTE) * MINUTE;
    if (offset(middle) === wanted) to = middle;
    else from = middle;
  }
  return to;
}

/** The record of one clock over some hours. */
export interface WallRecord {
  /** The first minute that shows `wall` or later. */
  first(wall: string): number;
  /** The last minute that shows `wall`; where none does, as `first`. */
  last(wall: string): number;
  /** The first minute that shows `wall`; where none does, the last millisecond before later times are shown. */
  deadline(wall: string): number;
}

export function recordClock(clock: (instant: number) => string, from: number, to: number): WallRecord {
  const minutes: string[] = [];
  const passes = new Map<string, { readonly first: number; readonly last: number }>();
  for (let at = from; at < to; at += MINUTE) {
    const shown = clock(at);
    minutes.push(shown);
    passes.set(shown, { first: passes.get(shown)?.first ?? at, last: at });
  }
  const firstLater = (wall: string): number => {
    const index = minutes.findIndex((shown) => shown >= wall);
    if (index > 0) return from + index * MINUTE;
    throw new Error(`${wall} is not within ${minutes[0]} to ${minutes.at(-1)}`);
  };
  return {
    first: (wall) => passes.get(wall)?.first ?? firstLater(wall),
    last: (wall) => passes.get(wall)?.last ?? firstLater(wall),
    deadline: (wall) => passes.get(wall)?.first ?? firstLater(wall) - 1,
  };
}
