// Defects that the invariants must catch. Each takes one safeguard away: at the ports, so that the code under test stays
// as it is, or in the text of the code as it is loaded (pool-worker.ts).

import type { Theme } from "./seeded-themes.ts";

export const PORT_MUTATIONS = {
  "etags ignored": "the table writes whatever the etag says",
  "history outside the transaction": "history entries are lost",
  "operation ids ignored": "the control plane takes every call for a new one",
  "fencing off": "the control plane takes operations of a worker that fell behind",
  "nothing sent again": "no reconciler, and coordinators treat every delivery as the first",
  "no reconciler": "the timer never fires",
  "maxInFlight ignored": "coordinators read a campaign without a limit",
  "failureBudget ignored": "coordinators read a campaign without a failure budget",
  "duplicates kept": "the queue has no duplicate detection",
  "suite not run": "verification passes without looking",
  "claims ignored": "nobody sees which campaign holds an organisation",
  "no deadlines": "no step is ever overdue",
  "last delivery not told": "a message becomes a dead letter without an incident",
  "wrong clock acts": "nobody minds how far a worker's clock is off",
  "status not asked": "a failed bringOnline is believed, whatever the control plane shows",
} as const;

export type Mutation = keyof typeof PORT_MUTATIONS;

/** In `file` (below shared/) the text `find`, which must be there once, becomes `put`. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface SourceMutation {
  readonly what: string;
  readonly patches: readonly Patch[];
  /** Only runs of this kind can show it, or show it soon: the others are not tried. */
  readonly only?: "upgrade" | "hotfix";
  /** Chance alone shows it too seldom. */
  readonly theme?: Theme;
}

export const SOURCE_MUTATIONS = {
  "ring budget ignored": {
    what: "admission does not ask for the room of a ring",
    patches: [
      {
        file: "upgrades/core/admission.ts",
        find: "places <= 0 || ringRoom <= 0 ||",
        put: "places <= 0 ||",
      },
    ],
  },
  "stamp budget ignored": {
    what: "admission does not ask for the room of a stamp",
    patches: [{ file: "upgrades/core/admission.ts", find: " || stampRoom(stamp) <= 0)", put: ")" }],
  },
  "ring order ignored": {
    what: "the next ring opens while the one before is at work",
    patches: [
      {
        file: "upgrades/core/gate.ts",
        find: "if (counts.waiting + counts.underWay > 0)",
        put: "if (counts.waiting > 1e9)",
      },
    ],
  },
  "soak time ignored": {
    what: "the next ring opens at once",
    patches: [{ file: "upgrades/core/gate.ts", find: "if (now < soaked)", put: "if (now < 0)" }],
  },
  "verdict ignored": {
    what: "the next ring opens however those upgraded are",
    patches: [{ file: "upgrades/core/gate.ts", find: "if (failed !== undefined)", put: "if (failed === null)" }],
  },
  "window not checked": {
    what: "upgrades start whether they fit into their window or not",
    patches: [
      {
        file: "upgrades/core/due.ts",
        find: "if (!fits(appointment, now, need.upgradeMs, need.rollBackMs))",
        put: "if (now < 0)",
      },
    ],
    only: "upgrade",
  },
  "late turns not refused": {
    what: "an upgrade that was admitted long ago is taken offline whatever the clock shows",
    patches: [
      {
        file: "upgrades/upgrade/advance-upgrade.ts",
        find: 'state === "goingOffline" && turnBackAt',
        put: 'state === "skipped" && turnBackAt',
      },
    ],
    only: "upgrade",
  },
  "freeze not checked": {
    what: "a freeze declared later does not move a date",
    patches: [
      {
        file: "upgrades/core/due.ts",
        find: "return isFrozen(freezes, appointment)",
        put: "return isFrozen([], appointment)",
      },
    ],
    only: "upgrade",
  },
  "notice not checked": {
    what: "upgrades start without evidence that the customer was told",
    patches: [
      {
        file: "upgrades/core/appointment.ts",
        find: "return (\n    counting.some(({ acceptedAt })",
        put: "return true || (\n    counting.some(({ acceptedAt })",
      },
    ],
    only: "upgrade",
  },
  "hotfix begins unannounced": {
    what: "a hotfix does not wait for the mails to its customers, and nobody hears of it",
    patches: [
      {
        file: "upgrades/upgrade/notified-before-offline.ts",
        find: 'if (campaign.kind !== "hotfix")',
        put: 'if (campaign.kind !== "upgrade")',
      },
    ],
    only: "hotfix",
  },
  "four weeks begin with any notice": {
    what: "a date that we moved needs no new notice of four weeks",
    patches: [
      {
        file: "upgrades/core/appointment.ts",
        find: "noticeFrom: from.revision + 1,",
        put: "noticeFrom: from.noticeFrom,\n  announcedWall: from.announcedWall,",
      },
    ],
    only: "upgrade",
  },
  "missing times ignored": {
    what: "a wall time that the clock jumps over is taken as it was before the jump",
    patches: [
      {
        file: "kernel/time/wall-time.ts",
        find: "return exists(wall, earlier) ? earlier.epochMilliseconds : endOfGap(earlier);\n}\n\n/** As `firstInstant`",
        put: "return earlier.epochMilliseconds;\n}\n\n/** As `firstInstant`",
      },
    ],
    only: "upgrade",
  },
  "doubled times ignored": {
    what: "a wall time that comes twice is its second pass",
    patches: [
      {
        file: "kernel/time/wall-time.ts",
        find: 'export function firstInstant(wall: Temporal.PlainDateTime, zone: string): number {\n  const earlier = wall.toZonedDateTime(zone, { disambiguation: "earlier" });',
        put: 'export function firstInstant(wall: Temporal.PlainDateTime, zone: string): number {\n  const earlier = wall.toZonedDateTime(zone, { disambiguation: "later" });',
      },
    ],
    only: "upgrade",
  },
  "other campaigns not stopped": {
    what: "a quarantine stops only the campaign that called for it",
    only: "hotfix",
    theme: "shared bad version",
    patches: [
      { file: "upgrades/quarantines/quarantine-version.ts", find: "await stopOthers(deps, campaign);", put: "" },
    ],
  },
  "quarantine not asked": {
    what: "a campaign starts or goes on with a quarantined version",
    only: "hotfix",
    theme: "shared bad version",
    patches: [
      {
        file: "upgrades/quarantines/quarantine-version.ts",
        find: "if (stored === undefined || !isInForce(stored.quarantine)) return started.value;",
        put: "if (stored !== null) return started.value;",
      },
      {
        file: "upgrades/campaigns/campaign-commands.ts",
        find: "if (stored === undefined || !isInForce(stored.quarantine)) return undefined;",
        put: "if (stored !== null) return undefined;",
      },
    ],
  },
  "judging after closing": {
    what: "a campaign is closed before its last failures are judged",
    only: "hotfix",
    theme: "total failure",
    patches: [
      {
        file: "upgrades/campaigns/advance-campaign.ts",
        find: 'if (!hasNew && state !== "running") return undefined;',
        put: "if (openIn(sum(campaign.tallies)) === 0) return undefined;",
      },
    ],
  },
  "claim not taken by deletion": {
    what: "an organisation is deleted whoever holds it",
    only: "hotfix",
    theme: "changing registry",
    patches: [
      {
        file: "organisations/delete-organisation.ts",
        find: 'if (!claim.ok) return err({ kind: "held", because: claim.error });',
        put: "",
      },
      { file: "organisations/delete-organisation.ts", find: "await claim.value();", put: "" },
    ],
  },
  "second look removed": {
    what: "a campaign takes whoever was registered when it was asked for, and never looks again",
    only: "hotfix",
    theme: "changing registry",
    patches: [
      {
        file: "upgrades/campaigns/create-campaign.ts",
        find: "stamps.get(organisationId) === stamp) return [];",
        put: "stamp !== undefined) return [];",
      },
      {
        file: "upgrades/upgrade/still-registered.ts",
        find: "if (organisation === undefined) return",
        put: 'if (organisation === undefined && stamp !== "") return { kind: "go" };\n    if (organisation === undefined) return',
      },
    ],
  },
  "removed before notifying": {
    what: "moves leave the outbox before they are told",
    patches: [
      { file: "upgrades/campaigns/advance-campaign.ts", find: "await notifyAll(deps, present, outbox);", put: "" },
      {
        file: "upgrades/campaigns/advance-campaign.ts",
        find: "// Somebody else was faster: the next tick looks again.",
        put: "await notifyAll(deps, present, outbox);",
      },
    ],
  },
  "not counted when removed": {
    what: "moves leave the outbox without being counted",
    patches: [
      {
        file: "upgrades/campaigns/advance-campaign.ts",
        find: "countStarts(tallyUpgrades(stored.campaign, settled), changes)",
        put: "countStarts(stored.campaign, changes)",
      },
    ],
  },
  "starts counted twice": {
    what: "an admission is counted when it is made, and again when it is told",
    patches: [
      {
        file: "upgrades/core/outbox.ts",
        find: 'from === "scheduled" && isActive(to);',
        put: 'from === "skipped" && isActive(to);',
      },
    ],
  },
  "stale hints kept": {
    what: "a changed upgrade keeps its old row as a hint in the queue",
    patches: [
      {
        file: "upgrades/store/store-writes.ts",
        find: "const place = placeOf(next);",
        put: "const place = placeOf(next, stored);",
      },
      {
        file: "upgrades/store/store-writes.ts",
        find: "function queueWrites({ next, waiting }: Change)",
        put: "function queueWrites({ next, waiting, stored }: Change)",
      },
    ],
    only: "upgrade",
  },
  "ill organisations taken": {
    what: "a failed functional check does not keep an organisation from being taken offline",
    theme: "ill organisations",
    only: "hotfix",
    patches: [
      {
        file: "upgrades/core/health.ts",
        find: 'if (latest?.outcome === "passed")',
        put: "if (latest !== undefined)",
      },
    ],
  },
  "kept offline for a trifle": {
    what: "after a roll-back whatever fails keeps an organisation offline",
    theme: "ill organisations",
    only: "hotfix",
    patches: [{ file: "upgrades/core/suite-verdict.ts", find: 'purge: "goOnline"', put: 'purge: "stayOffline"' }],
  },
  "brought online whatever fails": {
    what: "after a roll-back an organisation goes online although customers cannot work in it",
    theme: "ill organisations",
    only: "hotfix",
    patches: [{ file: "upgrades/core/suite-verdict.ts", find: 'store: "stayOffline"', put: 'store: "goOnline"' }],
  },
  "silent past the deadline": {
    what: "whoever cannot find out how an organisation is past its deadline only tries again",
    only: "hotfix",
    theme: "status unknown",
    patches: [
      {
        file: "upgrades/upgrade/advance-upgrade.ts",
        find: "await raiseOrLog(deps, stuck(upgrade, tried));",
        put: "",
      },
    ],
  },
} as const satisfies Record<string, SourceMutation>;

export type AnyMutation = Mutation | keyof typeof SOURCE_MUTATIONS;

const sources: ReadonlyMap<string, SourceMutation> = new Map(Object.entries(SOURCE_MUTATIONS));
const ports: ReadonlyMap<string, string> = new Map(Object.entries(PORT_MUTATIONS));

export const MUTATION_NAMES: readonly AnyMutation[] = [...typedKeys(PORT_MUTATIONS), ...typedKeys(SOURCE_MUTATIONS)];

/** What the runs that hunt it are about, where chance alone shows it too seldom. */
export const themeOf = (name: AnyMutation): Theme | undefined => PORT_THEMES[name] ?? sources.get(name)?.theme;

const PORT_THEMES: Partial<Record<AnyMutation, Theme>> = {
  "status not asked": "late online",
  "last delivery not told": "fails for good",
  "wrong clock acts": "wrong clocks",
};

export const sourceMutation = (name: AnyMutation): SourceMutation | undefined => sources.get(name);
export const isPortMutation = (name: AnyMutation): name is Mutation => ports.has(name);
export const describeMutation = (name: AnyMutation): string => sources.get(name)?.what ?? ports.get(name) ?? "";

function typedKeys<K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] {
  const isKey = (key: string): key is K => key in table;
  return Object.keys(table).filter(isKey);
}
