// The schedules of timers are settings: the host reads them by name (%NAME%), the app checks their form at the start.

import type { TimerResource } from "../resources.ts";
import { scheduleProblem } from "./schedule-text.ts";
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
