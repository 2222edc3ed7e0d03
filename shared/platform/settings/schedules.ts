// The schedules of timers are settings: the host reads them by name (%NAME%), the app checks their form at the start.

import type { TimerResource } from "../resources.ts";
import { setting, settingText, type Setting } from "./setting.ts";

const schedule = settingText.superRefine((value, context) => {
  const problem = scheduleProblem(value);
  if (problem !== undefined) context.addIssue(problem);
});

/** By the name of the function. */
export const scheduleSettings = (timers: readonly TimerResource[]): Readonly<Record<string, Setting<string>>> =>
  Object.fromEntries(
    timers.map((timer) => [
      timer.name,
      setting(timer.setting, schedule, `Schedule of ${timer.name}. ${timer.purpose}`, {
        azure: timer.schedule,
        local: timer.localSchedule ?? timer.schedule,
      }),
    ]),
  );

const FIELDS = [
  { name: "second", from: 0, to: 59, names: [] },
  { name: "minute", from: 0, to: 59, names: [] },
  { name: "hour", from: 0, to: 23, names: [] },
  { name: "day", from: 1, to: 31, names: [] },
  { name: "month", from: 1, to: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "day of week", from: 0, to: 6, names: "sun mon tue wed thu fri sat".split(" ") },
] as const;

/** What is wrong with a six-field NCRONTAB expression ("{second} {minute} {hour} {day} {month} {day of week}"). */
export function scheduleProblem(text: string): string | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return `must have six fields (second first), not ${parts.length}`;
  const wrong = FIELDS.findIndex(
    (field, index) => !(parts[index] ?? "").split(",").every((item) => isItem(item, field)),
  );
  return wrong < 0 ? undefined : `has a ${FIELDS[wrong]?.name} that cannot be read`;
}

/** `*`, `5`, `5-9`, each with an optional step such as `/2`. */
function isItem(item: string, field: (typeof FIELDS)[number]): boolean {
  const match = /^(?:\*|([a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?)(?:\/(\d{1,2}))?$/i.exec(item);
  if (match === null || match[3] === "0" || match[3] === "00") return false;
  const [first, last] = [match[1], match[2]].map((value) => (value === undefined ? undefined : numberOf(value, field)));
  if (first === undefined) return true;
  return inRange(first, field) && (last === undefined || (inRange(last, field) && first <= last));
}

function numberOf(value: string, { from, names }: (typeof FIELDS)[number]): number {
  if (/^\d+$/.test(value)) return Number(value);
  const index = names.findIndex((name) => name === value.toLowerCase());
  return index < 0 ? Number.NaN : index + from;
}

const inRange = (value: number, { from, to }: (typeof FIELDS)[number]): boolean => value >= from && value <= to;
