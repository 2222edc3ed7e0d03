// What surrounds the upgrades in a simulated world: freezes, functional checks, and everything that was told to others.

import type { Check } from "../../../shared/checks/check.ts";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { SupportTask } from "../../../shared/notices/support-task.ts";
import type { TellDeps } from "../../../shared/upgrades/tell.ts";

type Event = Parameters<TellDeps["publish"]>[0];
type Incident = Parameters<TellDeps["raiseIncident"]>[0];

export interface DeclaredFreeze {
  readonly freeze: Freeze;
  readonly start: number;
  readonly end: number;
  readonly declaredAt: number;
}

export interface Surroundings {
  readonly freezes: readonly DeclaredFreeze[];
  declareFreeze(scope: Freeze["scope"], start: number, end: number): void;
  /** By event id; told twice is one. */
  readonly events: ReadonlyMap<string, Event>;
  readonly incidents: ReadonlyMap<string, Incident>;
  publish(event: Event): void;
  raise(incident: Incident): void;
  /** Campaigns and organisations with a task for support. */
  readonly tasks: ReadonlySet<string>;
  openTask(task: SupportTask): void;
  requestCheck(organisationId: string): void;
  /** When somebody last asked for them. */
  readonly checksReadAt: ReadonlyMap<string, number>;
  /** The product asks. */
  readChecks(organisationId: string, limit: number): readonly Check[];
  /** The newest first: one at each slot of the clock, and those that were asked for. */
  checksOf(organisationId: string, until: number, limit: number): readonly Check[];
}

export const CHECK_EVERY_MS = 30 * 60_000;

export function createSurroundings(options: {
  readonly now: () => number;
  /** Whether functional checks of an organisation pass, with the version that it has. */
  readonly isWell: (organisationId: string) => boolean;
}): Surroundings {
  const { now, isWell } = options;
  const freezes: DeclaredFreeze[] = [];
  const events = new Map<string, Event>();
  const incidents = new Map<string, Incident>();
  const tasks = new Set<string>();
  const asked = new Map<string, number[]>();
  const checksReadAt = new Map<string, number>();
  const checksOf = (organisationId: string, until: number, limit: number): readonly Check[] => {
    const latest = Math.floor(until / CHECK_EVERY_MS) * CHECK_EVERY_MS;
    const slots = Array.from({ length: limit }, (_, index) => latest - index * CHECK_EVERY_MS);
    const times = [...slots, ...(asked.get(organisationId) ?? [])].filter((at) => at <= until);
    const outcome = isWell(organisationId) ? "passed" : "failed";
    return times
      .toSorted((a, b) => b - a)
      .slice(0, limit)
      .map((at): Check => ({ organisationId, slot: at, at, outcome }));
  };
  return {
    freezes,
    declareFreeze(scope, start, end) {
      const text = (at: number): string => new Date(at).toISOString().slice(0, "2027-01-01T00:00".length);
      const period = { kind: "once", zone: "UTC", from: text(start), to: text(end) } as const;
      const freezeId = `f-${freezes.length + 1}`;
      freezes.push({ freeze: { freezeId, reason: "declared", scope, period }, start, end, declaredAt: now() });
    },
    events,
    incidents,
    publish: (event) => void events.set(event.eventId, event),
    raise: (incident) => void incidents.set(incident.incidentId, incident),
    tasks,
    openTask: ({ campaignId, organisationId }) => void tasks.add(`${campaignId}|${organisationId}`),
    requestCheck: (organisationId) => void asked.set(organisationId, [...(asked.get(organisationId) ?? []), now()]),
    checksReadAt,
    readChecks(organisationId, limit) {
      checksReadAt.set(organisationId, now());
      return checksOf(organisationId, now(), limit);
    },
    checksOf,
  };
}

/** Freezes are drawn on whole minutes, as their wall times have no seconds. */
export const wholeMinute = (at: number): number => Math.floor(at / 60_000) * 60_000;
