// Timer schedules: NCRONTAB with five or six fields, or a TimeSpan. croner finds the next occurrence in local time.
import { Cron } from "croner";
import { parseTimeSpan } from "../time-span.ts";

const MINUTE_MS = 60_000;

export interface Schedule {
  /** The first occurrence after `after`. */
  next(after: Date): Date;
  /** False for a plain interval, as the trigger value tells the handler. */
  readonly adjustForDst: boolean;
  /** Whether the host may remember occurrences over restarts: not for what fires more than once a minute. */
  readonly canBeMonitored: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = "january february march april may june july august september october november december".split(" ");
const DAYS = "sunday monday tuesday wednesday thursday friday saturday".split(" ");
const FIELDS: readonly Field[] = [
  { name: "second", min: 0, max: 59 },
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day of week", min: 0, max: 6, names: DAYS },
];

/** @throws Error (the function's error) when the text is neither a cron expression nor a time span, or never occurs. */
export function parseSchedule(text: string): Schedule {
  const interval = parseTimeSpan(text);
  if (interval !== undefined) return intervalSchedule(interval, text);
  const parts = text.trim().split(/\s+/u);
  if (parts.length !== 5 && parts.length !== 6) throw badSchedule(text, "five or six fields are needed");
  const fields = parts.length === 5 ? ["0", ...parts] : parts;
  const expanded = fields.map((part, index) => {
    const field = FIELDS[index];
    if (field === undefined) throw badSchedule(text, "too many fields");
    return expandField(part, field, text);
  });
  return cronSchedule(fields, expanded, text);
}

function cronSchedule(fields: readonly string[], expanded: readonly (readonly number[])[], text: string): Schedule {
  // Lists of plain numbers leave croner no room for an own reading of names, steps and ranges. Day and day of week must
  // both fit (NCRONTAB), where other crons take either.
  const pattern = expanded.map((values, index) => (fields[index] === "*" ? "*" : values.join(",")));
  const cron = new Cron(pattern.join(" "), { domAndDow: true, paused: true });
  if (cron.nextRun() === null) throw badSchedule(text, "it never occurs");
  const isEachMinute = fields.slice(1).every((field) => field === "*");
  return {
    adjustForDst: true,
    canBeMonitored: !(isEachMinute && (expanded[0]?.length ?? 0) > 1),
    next(after) {
      const next = cron.nextRun(after);
      if (next === null) throw badSchedule(text, "it does not occur any more");
      return next;
    },
  };
}

function intervalSchedule(interval: number, text: string): Schedule {
  if (interval < 1) throw badSchedule(text, "the interval must be above zero");
  return {
    adjustForDst: false,
    canBeMonitored: interval >= MINUTE_MS,
    next: (after) => new Date(after.getTime() + interval),
  };
}

/** All values of a field: `*`, numbers, names, ranges, steps and lists of these. */
function expandField(text: string, field: Field, schedule: string): readonly number[] {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\*|[\da-z]+)(?:-([\da-z]+))?(?:\/(\d{1,2}))?$/iu.exec(part);
    if (match === null) throw badSchedule(schedule, `"${part}" is not a ${field.name}`);
    const [, first = "", last, step] = match;
    const from = first === "*" ? field.min : valueOf(first, field, schedule);
    const single = step === undefined ? from : field.max;
    const to = first === "*" ? field.max : last === undefined ? single : valueOf(last, field, schedule);
    const width = Number(step ?? 1);
    if (width < 1 || to < from || (first === "*" && last !== undefined)) {
      throw badSchedule(schedule, `"${part}" is not a range of a ${field.name}`);
    }
    for (let value = from; value <= to; value += width) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

function valueOf(text: string, field: Field, schedule: string): number {
  const name = text.toLowerCase();
  const named = name.length < 3 ? undefined : field.names?.findIndex((one) => one.startsWith(name));
  const value = named === undefined || named < 0 ? Number(text) : named + field.min;
  if (!Number.isInteger(value) || value < field.min || value > field.max) {
    throw badSchedule(schedule, `"${text}" is not a ${field.name} from ${field.min} to ${field.max}`);
  }
  return value;
}

const badSchedule = (text: string, why: string): Error =>
  new Error(
    `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string: ${why}.`,
  );
