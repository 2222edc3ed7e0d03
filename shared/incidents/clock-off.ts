// The incident that tells of an instance whose clock is wrong: one per instance and episode.

import { HOUR_MS } from "../kernel/time/durations.ts";
import type { Clock } from "../platform/clock/clock.ts";
import { describeOffset } from "../platform/clock/clock-watch.ts";
import type { IncidentLog } from "./signals.ts";
import type { RaiseIncident } from "./core/incident.ts";

export interface ClockOffDeps {
  /** Trusted time: the instance's own is what is wrong. */
  readonly clock: Clock;
  readonly log: IncidentLog;
  readonly instance: string;
  readonly raise: RaiseIncident;
}

/** Of one episode, however often the clock goes back and forth in it, and of all processes of the machine. */
const EPISODE_MS = HOUR_MS;

/** Called at everything that is not done. Never throws: what is left to others must not fail by it. */
export function reportClockOff(deps: ClockOffDeps): (offsetMs: number) => Promise<void> {
  let told: number | undefined;
  return async (offsetMs) => {
    const episode = Math.floor(deps.clock.now() / EPISODE_MS);
    // It goes on, or began again, within the hour.
    if (told !== undefined && episode - told <= 1) return void (told = episode);
    const { instance, raise, log } = deps;
    const offset = describeOffset(offsetMs);
    try {
      await raise({
        incidentId: `clock:${instance}:${episode}`,
        severity: 1,
        kind: "app.clockOff",
        title: `The clock of instance ${instance} is ${offset}`,
        detail: `Measured by the answers of storage. It does not act until its clock is right: its messages go to other instances, its timers rest, calls that change something are answered 503, and readiness is 503. It goes on by itself. If it does not within minutes, restart or remove the instance; if there is only one, nothing is done meanwhile, and organisations that are being upgraded stay offline.`,
        subject: {},
      });
      told = episode;
    } catch (error) {
      log.event("clock.notNotified", { offset, error });
    }
  };
}
