// Timer schedules: NCRONTAB with six fields of numbers, lists, ranges and steps. croner finds the next occurrence in local
// time.
import { Cron } from "croner";

export interface Schedule {
  /** The first occurrence after `after`. */
  next(after: Date): Date;
  /** Whether the host may remember occurrences over restarts: not for what fires more than once a minute. */
  readonly canBeMonitored: boolean;
}

/** @throws Error (the function's error) when the text is none of these, or never occurs. */
export function parseSchedule(text: string): Schedule {
  const [second = "", ...others] = text.split(" ");
  if (others.length !== 5 || !/^[\d*,/ -]+$/u.test(text)) throw badSchedule(text, "six fields of numbers are needed");
  let cron: Cron;
  try {
    // Day and day of week must both fit (NCRONTAB), where other crons take either.
    cron = new Cron(text, { domAndDow: true, paused: true });
  } catch (error) {
    throw badSchedule(text, error instanceof Error ? error.message : String(error));
  }
  if (cron.nextRun() === null) throw badSchedule(text, "it never occurs");
  return {
    canBeMonitored: /^\d+$/u.test(second) || others.some((field) => field !== "*"),
    next(after) {
      const next = cron.nextRun(after);
      if (next === null) throw badSchedule(text, "it does not occur any more");
      return next;
    },
  };
}

const badSchedule = (text: string, why: string): Error =>
  new Error(`The schedule expression '${text}' was not recognized as a valid cron expression: ${why}.`);
