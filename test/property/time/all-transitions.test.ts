// Every IANA zone, every clock change from 2026 to 2036: windows, notices and freezes against the minute-by-minute oracle.

import { afterAll, expect, test } from "vitest";
import { frozenSpans, type Freeze } from "../../../shared/kernel/time/freeze.ts";
import {
  occurrencesFrom,
  occurrences,
  type MaintenanceWindow,
} from "../../../shared/kernel/time/maintenance-window.ts";
import { latestNotice } from "../../../shared/kernel/time/notice.ts";
import { addToWall, DAY, HOUR, MINUTE, recordClock, transitionsOf, wallClock, wallNumber } from "./wall-clock.ts";

const FROM = Date.UTC(2026, 0, 1);
const TO = Date.UTC(2037, 0, 1);
const NAMES = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

interface Change {
  readonly zone: string;
  readonly clock: (instant: number) => string;
  readonly at: number;
}

/** Local times before, at, inside and after what the change leaves out or doubles: [low, high). */
function wallsAround({ clock, at }: Change): readonly string[] {
  const [low = "", high = ""] = [addToWall(clock(at - MINUTE), MINUTE), clock(at)].toSorted();
  const from = (wall: string, ...minutes: readonly number[]): readonly string[] =>
    minutes.map((offset) => addToWall(wall, offset * MINUTE));
  return [...new Set([...from(low, -60, -30, -1, 0, 1, 15), ...from(high, -15, -1, 0, 1, 60)])];
}

function weeklyWindow(zone: string, wall: string, durationMinutes: number): MaintenanceWindow {
  const weekday = NAMES[new Date(wallNumber(wall)).getUTCDay()] ?? "sunday";
  return { kind: "weekly", weekdays: [weekday], zone, start: wall.slice(11), durationMinutes };
}

const zones = Intl.supportedValuesOf("timeZone");
const changes = zones.flatMap((zone) => {
  const clock = wallClock(zone);
  return transitionsOf(clock, FROM, TO).map((at): Change => ({ zone, clock, at }));
});
const areaOf = (zone: string): string => zone.slice(0, zone.indexOf("/"));
const changesByArea = Map.groupBy(changes, ({ zone }) => areaOf(zone));

const compared = { windows: 0, swallowed: 0, notices: 0, freezes: 0 };
afterAll(() => {
  const changing = new Set(changes.map(({ zone }) => zone)).size;
  const counts = { zones: zones.length, changing, changes: changes.length, ...compared };
  console.info(`clock changes compared: ${JSON.stringify(counts)}, tzdata ${process.versions["tz"]}`);
});

/** Collects differences, so that one run names several; compares as text, which is quick. */
function comparison(): {
  readonly wrong: readonly string[];
  readonly same: (what: string, actual: unknown, wanted: unknown) => void;
} {
  const wrong: string[] = [];
  return {
    wrong,
    same: (what, actual, wanted) => {
      const [got, want] = [JSON.stringify(actual), JSON.stringify(wanted)];
      if (got !== want && wrong.length < 20) wrong.push(`${what}: got ${got}, the clock says ${want}`);
    },
  };
}

test("all zones and all their clock changes are here", () => {
  expect(zones.length).toBeGreaterThan(400);
  expect(new Set(changes.map(({ zone }) => zone)).size).toBeGreaterThan(100);
  expect(changes.length).toBeGreaterThan(2000);
});

test.each([...changesByArea])("windows, notices and freezes at every clock change in %s", (_area, here) => {
  const { wrong, same } = comparison();
  for (const [turn, change] of here.entries()) {
    const { zone, clock, at } = change;
    const shift = Math.abs(wallNumber(clock(at)) - wallNumber(clock(at - MINUTE)));
    const record = recordClock(clock, at - shift - 1.5 * HOUR, at + shift + 3.5 * HOUR);
    for (const [index, wall] of wallsAround(change).entries()) {
      // Every local time meets every duration over the changes of a zone.
      const durationMinutes = [15, 60, 120][(index + turn) % 3] ?? 0;
      const [start, end] = [record.first(wall), record.first(addToWall(wall, durationMinutes * MINUTE))];
      const window = weeklyWindow(zone, wall, durationMinutes);
      const wanted = start === end ? [] : [{ wallStart: wall, zone, start, end }];
      same(`window ${zone} ${wall} + ${durationMinutes}`, occurrences(window, at - 6 * HOUR, at + 6 * HOUR), wanted);
      compared.windows++;
      if (start === end) compared.swallowed++;

      const fourWeeksOn = addToWall(wall, 28 * DAY);
      same(`notice ${zone} ${wall}`, latestNotice({ wallStart: fourWeeksOn, zone }), record.deadline(wall));
      compared.notices++;

      if ((index + turn) % 2 === 0) {
        const announced = occurrencesFrom(weeklyWindow(zone, wall, 300), at + 27 * DAY).next().value;
        same(`four weeks after ${zone} ${wall}`, announced.wallStart, fourWeeksOn);
        continue;
      }
      const to = addToWall(wall, 90 * MINUTE);
      const [span] = frozenSpans([freezeOf(zone, wall, to)], { start: at - DAY, end: at + DAY });
      same(`freeze ${zone} ${wall}`, [span?.start, span?.end], [record.first(wall), record.last(to)]);
      compared.freezes++;
    }
  }
  expect(wrong).toEqual([]);
});

test("the notice of a window on the day of a clock change is 28 days earlier at the same time by the clock", () => {
  const { wrong, same } = comparison();
  for (const { zone, clock, at } of changes) {
    const wall = addToWall(clock(at - MINUTE), 31 * MINUTE);
    const record = recordClock(clock, at - 28 * DAY - 1.5 * HOUR, at - 28 * DAY + 1.5 * HOUR);
    same(`${zone} ${wall}`, latestNotice({ wallStart: wall, zone }), record.deadline(addToWall(wall, -28 * DAY)));
  }
  expect(wrong).toEqual([]);
});

function freezeOf(zone: string, from: string, to: string): Freeze {
  return { freezeId: "f", reason: "r", scope: { kind: "global" }, period: { kind: "once", zone, from, to } };
}
