// What surrounds the upgrades in a simulated world: freezes, functional checks, and everything that was told to others.

import type { Check } from "../../../shared/checks/check.ts";
import type { Freeze } from "../../../shared/kernel/time/freeze.ts";
import type { Subject } from "../../../shared/incidents/core/incident.ts";
import type { NotifyDeps } from "../../../shared/upgrades/upgrade/notify.ts";

type Event = Parameters<NotifyDeps["publish"]>[0];
type Incident = Parameters<NotifyDeps["raiseIncident"]>[0];

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
  openTask(of: Subject): void;
  /** Asked again for the same slot changes nothing. */
  requestCheck(organisationId: string, slot: number): void;
  /** When somebody last asked for them. */
  readonly checksReadAt: ReadonlyMap<string, number>;
  /** The product asks. */
  readChecks(organisationId: string, limit: number): readonly Check[];
  /** The newest first: one at each slot of the clock, and those that were asked for. */
  checksOf(organisationId: string, until: number, limit: number): readonly Check[];
}

/** A functional check that passed lets an upgrade start for so long. */
export const CHECK_MAX_AGE_MS = 30 * 60_000;
/** So long a check takes. */
const CHECK_MS = 3000;
export const CHECK_EVERY_MS = 30 * 60_000;

export function createSurroundings(options: {
  readonly now: () => number;
  /** Whether functional checks of an organisation pass, with the version that it has. */
  readonly isWell: (organisationId: string) => boolean;
  /** Infinity: only checks that were asked for are made. */
  readonly checkEveryMs?: number | undefined;
}): Surroundings {
  const { now, isWell, checkEveryMs = CHECK_EVERY_MS } = options;
  const freezes: DeclaredFreeze[] = [];
  const events = new Map<string, Event>();
  const incidents = new Map<string, Incident>();
  const tasks = new Set<string>();
  const asked = new Map<string, Check[]>();
  const checksReadAt = new Map<string, number>();
  const regular = (organisationId: string, until: number, limit: number): readonly Check[] => {
    if (checkEveryMs === Infinity) return [];
    const latest = Math.floor((until - CHECK_MS) / checkEveryMs) * checkEveryMs;
    const outcome = isWell(organisationId) ? "passed" : "failed";
    return Array.from({ length: limit }, (_, index): Check => {
      const at = latest - index * checkEveryMs;
      return { organisationId, slot: at, at, outcome };
    });
  };
  const checksOf = (organisationId: string, until: number, limit: number): readonly Check[] =>
    [...regular(organisationId, until, limit), ...(asked.get(organisationId) ?? [])]
      .filter(({ at }) => at + CHECK_MS <= until)
      .toSorted((a, b) => b.at - a.at)
      .slice(0, limit);
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
    requestCheck(organisationId, slot) {
      const known = asked.get(organisationId) ?? [];
      if (known.some((check) => check.slot === slot)) return;
      const outcome = isWell(organisationId) ? "passed" : "failed";
      asked.set(organisationId, [...known, { organisationId, slot, at: now(), outcome }]);
    },
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
