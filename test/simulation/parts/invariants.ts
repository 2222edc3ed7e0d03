// What must hold after every step of every run. It watches the rows as they are committed and the control plane as it
// applies operations, with rules of its own: it shares no code with the machine but the table of allowed moves.
//
// I1 an offline organisation has an upgrade that is under way (and is woken: a message, or the reconciler) or needs a human
// I3 of a campaign never more than maxInFlight organisations are under way or offline, nor more than failureBudget under
//    way or failed
// I4 an organisation has one open upgrade
// I5 an organisation comes online only on a version whose functional suite passed since that version was put there
// I6 every operation takes effect once, each kind once per upgrade (once more for each retry by an operator)
// I7 history is complete and in order: one entry per allowed move
// I8 everything ends: when the faults stop, every organisation is online on the right version, and the campaign closes
// I9 no handler fails for good, so that no message is dead-lettered by the product's own doing
// I10 wake-ups do not pile up
// (I2, never before the notice, comes with notices.)

import { MOVES } from "../../../shared/upgrades/core/moves.ts";
import type { Cells } from "../../../shared/platform/tables.ts";
import type { SimControlPlane } from "./sim-control-plane.ts";
import type { Committed } from "./sim-tables.ts";

export type InvariantId = "I1" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "I9" | "I10";

export interface Broken {
  readonly invariant: InvariantId;
  readonly detail: string;
}

export interface UpgradeRow {
  readonly campaignId: string;
  readonly organisationId: string;
  readonly state: string;
  readonly sequence: number;
  readonly enteredAt: number;
}

export interface CampaignRow {
  readonly campaignId: string;
  readonly state: string;
  readonly maxInFlight: number;
  readonly failureBudget: number;
  readonly isEnded: boolean;
}

export interface Watch {
  onCommit(committed: Committed): void;
  /** Looks at what the control plane has applied to an organisation since the last time. */
  observe(organisationId: string): void;
  /** The functional suite of an organisation began; the answer is called when it passed. */
  suiteBegan(organisationId: string): () => void;
  break(invariant: InvariantId, detail: string): void;
  /** The first broken invariant. */
  readonly broken: Broken | undefined;
  readonly upgrades: ReadonlyMap<string, UpgradeRow>;
  readonly campaigns: ReadonlyMap<string, CampaignRow>;
  isOnline(organisationId: string): boolean;
  versionOf(organisationId: string): string;
}

interface Seen {
  online: boolean;
  version: string;
  /** The version whose suite passed since it was put there. */
  verified: string | undefined;
  /** How often a version was put there. */
  changes: number;
  readonly applied: Set<string>;
  readonly kinds: Map<string, number>;
  readonly restorePoints: Map<string, string>;
}

const ENDED = new Set(Object.entries(MOVES).flatMap(([state, next]) => (next.length === 0 ? [state] : [])));
const moves = new Map<string, readonly string[]>(Object.entries(MOVES));
export const isOpenState = (state: string): boolean => !ENDED.has(state);
/** Under way or waiting for a human: counts against maxInFlight. */
export const isInFlight = (state: string): boolean => isOpenState(state) && state !== "scheduled";

interface Ports {
  readonly controlPlane: SimControlPlane;
  readonly historyEntry: (campaignId: string, organisationId: string, sequence: number) => Cells | undefined;
  readonly initialVersion: string;
}

export function createWatch(ports: Ports): Watch {
  const upgrades = new Map<string, UpgradeRow>();
  const campaigns = new Map<string, CampaignRow>();
  const organisations = new Map<string, Seen>();
  const holders = new Map<string, Set<string>>();
  const inFlight = new Map<string, Set<string>>();
  const rolledBack = new Map<string, number>();
  const offline = new Set<string>();
  const retries = new Map<string, number>();
  let broken: Broken | undefined;
  const breakIt = (invariant: InvariantId, detail: string): void => {
    broken ??= { invariant, detail };
  };
  const seenOf = (organisationId: string): Seen => {
    let seen = organisations.get(organisationId);
    if (seen === undefined) organisations.set(organisationId, (seen = newSeen(ports.initialVersion)));
    return seen;
  };

  const checkMove = (before: UpgradeRow | undefined, after: UpgradeRow): void => {
    if (before === undefined) return;
    let state = before.state;
    if (after.sequence <= before.sequence) {
      breakIt("I7", `${keyOf(after)} was written at sequence ${after.sequence} over ${before.sequence}`);
    }
    for (let sequence = before.sequence + 1; sequence <= after.sequence; sequence++) {
      const entry = ports.historyEntry(after.campaignId, after.organisationId, sequence);
      const to = text(entry?.["to"]);
      if (entry === undefined || text(entry["from"]) !== state || moves.get(state)?.includes(to) !== true) {
        breakIt("I7", `${keyOf(after)} has no right history entry ${sequence} from ${state}: ${JSON.stringify(entry)}`);
      }
      if (state === "needsHuman") retries.set(keyOf(after), (retries.get(keyOf(after)) ?? 0) + 1);
      state = to;
    }
    if (state !== after.state) breakIt("I7", `${keyOf(after)} is ${after.state}, its history ends with ${state}`);
  };

  const checkInFlight = (campaignId: string): void => {
    const { maxInFlight: limit = 0, failureBudget = 0 } = campaigns.get(campaignId) ?? {};
    const rows = inFlight.get(campaignId)?.size ?? 0;
    if (rows > limit) breakIt("I3", `${rows} upgrades of ${campaignId} are under way, ${limit} are allowed`);
    const hit = rows + (rolledBack.get(campaignId) ?? 0);
    if (hit > failureBudget)
      breakIt("I3", `${hit} upgrades of ${campaignId} failed or are under way, the budget is ${failureBudget}`);
    const down = [...offline].filter((id) => holders.get(id)?.has(campaignId) === true).length;
    if (down > limit) breakIt("I3", `${down} organisations of ${campaignId} are offline, ${limit} are allowed`);
  };

  const hold = (row: UpgradeRow): void => {
    const campaign = campaigns.get(row.campaignId);
    const holds =
      campaign !== undefined && campaign.state !== "creating" && !campaign.isEnded && isOpenState(row.state);
    const by = holders.get(row.organisationId) ?? new Set<string>();
    holders.set(row.organisationId, by);
    if (holds) by.add(row.campaignId);
    else by.delete(row.campaignId);
    if (by.size > 1) breakIt("I4", `${row.organisationId} has open upgrades in ${[...by].join(" and ")}`);
    checkWayBack(row.organisationId);
  };

  const checkWayBack = (organisationId: string): void => {
    if (!offline.has(organisationId)) return;
    const ways = [...(holders.get(organisationId) ?? [])].map((id) => upgrades.get(`${id}|${organisationId}`)?.state);
    if (!ways.some((state) => state !== undefined && isInFlight(state))) {
      breakIt("I1", `${organisationId} is offline, but no upgrade of it is under way`);
    }
  };

  const onUpgradeRow = (row: UpgradeRow): void => {
    checkMove(upgrades.get(keyOf(row)), row);
    upgrades.set(keyOf(row), row);
    if (row.state === "rolledBack") rolledBack.set(row.campaignId, (rolledBack.get(row.campaignId) ?? 0) + 1);
    const flying = inFlight.get(row.campaignId) ?? new Set<string>();
    inFlight.set(row.campaignId, flying);
    if (isInFlight(row.state)) flying.add(row.organisationId);
    else flying.delete(row.organisationId);
    hold(row);
    checkInFlight(row.campaignId);
  };

  const onCampaignRow = (row: CampaignRow): void => {
    const before = campaigns.get(row.campaignId);
    campaigns.set(row.campaignId, row);
    if (before?.state === row.state && before.isEnded === row.isEnded) return;
    for (const upgrade of upgrades.values()) if (upgrade.campaignId === row.campaignId) hold(upgrade);
  };

  const applyOperation = (organisationId: string, seen: Seen, { operationId, kind }: Operation): void => {
    const upgradeKey = `${operationId.split(":")[0] ?? ""}|${organisationId}`;
    const count = (seen.kinds.get(`${upgradeKey}|${kind}`) ?? 0) + 1;
    seen.kinds.set(`${upgradeKey}|${kind}`, count);
    if (count > 1 + (retries.get(upgradeKey) ?? 0))
      breakIt("I6", `${kind} of ${upgradeKey} took effect ${count} times`);
    const action = ports.controlPlane.actionOf(operationId);
    switch (action.kind) {
      case "takeOffline":
        seen.online = false;
        offline.add(organisationId);
        checkWayBack(organisationId);
        checkInFlight(operationId.split(":")[0] ?? "");
        return;
      case "createRestorePoint":
        seen.restorePoints.set(`rp-${operationId}`, seen.version);
        return;
      case "upgrade":
        seen.version = action.targetVersion;
        seen.verified = undefined;
        seen.changes += 1;
        return;
      case "restore":
        seen.version = seen.restorePoints.get(action.restorePointId) ?? seen.version;
        seen.verified = undefined;
        seen.changes += 1;
        return;
      case "bringOnline":
        if (!seen.online && seen.verified !== seen.version) {
          breakIt(
            "I5",
            `${organisationId} came online on ${seen.version}, the suite passed on ${seen.verified ?? "none"}`,
          );
        }
        seen.online = true;
        offline.delete(organisationId);
    }
  };

  const observe = (organisationId: string): void => {
    const seen = seenOf(organisationId);
    for (const operation of ports.controlPlane.operations(organisationId)) {
      if (operation.applied > 1) breakIt("I6", `${operation.operationId} was applied ${operation.applied} times`);
      if (operation.applied === 0 || seen.applied.has(operation.operationId)) continue;
      seen.applied.add(operation.operationId);
      applyOperation(organisationId, seen, operation);
    }
  };

  return {
    onCommit({ table, partition, writes }) {
      if (table !== "Upgrades") return;
      const written = writes.flatMap((write) => (write.kind === "remove" ? [] : [write]));
      for (const { row, cells } of written) if (row === "c") onCampaignRow(campaignRow(partition, cells));
      for (const { row, cells } of written) if (row.startsWith("u|")) onUpgradeRow(upgradeRow(partition, cells));
    },
    observe,
    suiteBegan(organisationId) {
      observe(organisationId);
      const { version, changes } = seenOf(organisationId);
      return () => {
        observe(organisationId);
        const seen = seenOf(organisationId);
        if (seen.changes === changes) seen.verified = version;
      };
    },
    break: breakIt,
    get broken() {
      return broken;
    },
    upgrades,
    campaigns,
    isOnline: (organisationId) => seenOf(organisationId).online,
    versionOf: (organisationId) => seenOf(organisationId).version,
  };
}

type Operation = ReturnType<SimControlPlane["operations"]>[number];

const newSeen = (version: string): Seen => ({
  online: true,
  version,
  verified: undefined,
  changes: 0,
  applied: new Set(),
  kinds: new Map(),
  restorePoints: new Map(),
});

const keyOf = (row: UpgradeRow): string => `${row.campaignId}|${row.organisationId}`;
const text = (cell: unknown): string => (typeof cell === "string" ? cell : "");

const upgradeRow = (campaignId: string, cells: Cells): UpgradeRow => ({
  campaignId,
  organisationId: text(cells["organisationId"]),
  state: text(cells["state"]),
  sequence: Number(cells["sequence"]),
  enteredAt: Number(cells["enteredAt"]),
});

const campaignRow = (campaignId: string, cells: Cells): CampaignRow => ({
  campaignId,
  state: text(cells["state"]),
  maxInFlight: Number(cells["maxInFlight"]),
  failureBudget: Number(cells["failureBudget"]),
  isEnded: cells["endedAt"] !== undefined,
});
