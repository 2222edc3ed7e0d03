// What the control plane has done to the organisations (I5, I6), seen by itself.

import type { SimControlPlane } from "./sim-control-plane.ts";
import { keyOf } from "./watch-rows.ts";
import type { Break } from "./watch-states.ts";

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

type Operation = ReturnType<SimControlPlane["operations"]>[number];

interface Ports {
  readonly controlPlane: SimControlPlane;
  readonly initialVersion: string;
  /** How often an operator has tried the roll-back of this upgrade again. */
  readonly retriesOf: (upgradeKey: string) => number;
  readonly onOffline: (organisationId: string, campaignId: string) => void;
}

export function createPlaneWatch(ports: Ports, breakIt: Break) {
  const organisations = new Map<string, Seen>();
  const offline = new Set<string>();
  const seenOf = (organisationId: string): Seen => {
    let seen = organisations.get(organisationId);
    if (seen === undefined) organisations.set(organisationId, (seen = newSeen(ports.initialVersion)));
    return seen;
  };
  const bringOnline = (organisationId: string, seen: Seen): void => {
    if (!seen.online && seen.verified !== seen.version) {
      breakIt("I5", `${organisationId} came online on ${seen.version}, the suite passed on ${seen.verified ?? "none"}`);
    }
    seen.online = true;
    offline.delete(organisationId);
  };
  const apply = (organisationId: string, seen: Seen, { operationId, kind }: Operation): void => {
    const [campaignId = ""] = operationId.split(":");
    const upgradeKey = keyOf({ campaignId, organisationId });
    const count = (seen.kinds.get(`${upgradeKey}|${kind}`) ?? 0) + 1;
    seen.kinds.set(`${upgradeKey}|${kind}`, count);
    if (count > 1 + ports.retriesOf(upgradeKey)) breakIt("I6", `${kind} of ${upgradeKey} took effect ${count} times`);
    const action = ports.controlPlane.actionOf(operationId);
    switch (action.kind) {
      case "takeOffline":
        seen.online = false;
        offline.add(organisationId);
        return ports.onOffline(organisationId, campaignId);
      case "createRestorePoint":
        return void seen.restorePoints.set(`rp-${operationId}`, seen.version);
      case "upgrade":
        return putVersion(seen, action.targetVersion);
      case "restore":
        return putVersion(seen, seen.restorePoints.get(action.restorePointId) ?? seen.version);
      case "bringOnline":
        return bringOnline(organisationId, seen);
    }
  };
  const observe = (organisationId: string): void => {
    const seen = seenOf(organisationId);
    for (const operation of ports.controlPlane.operations(organisationId)) {
      if (operation.applied > 1) breakIt("I6", `${operation.operationId} was applied ${operation.applied} times`);
      if (operation.applied === 0 || seen.applied.has(operation.operationId)) continue;
      seen.applied.add(operation.operationId);
      apply(organisationId, seen, operation);
    }
  };
  return {
    observe,
    offline,
    isOnline: (organisationId: string): boolean => seenOf(organisationId).online,
    versionOf: (organisationId: string): string => seenOf(organisationId).version,
    /** The functional suite of an organisation began; the answer is called when it passed. */
    suiteBegan(organisationId: string): () => void {
      observe(organisationId);
      const { version, changes } = seenOf(organisationId);
      return () => {
        observe(organisationId);
        const seen = seenOf(organisationId);
        if (seen.changes === changes) seen.verified = version;
      };
    },
  };
}

function putVersion(seen: Seen, version: string): void {
  seen.version = version;
  seen.verified = undefined;
  seen.changes += 1;
}

const newSeen = (version: string): Seen => ({
  online: true,
  version,
  verified: undefined,
  changes: 0,
  applied: new Set(),
  kinds: new Map(),
  restorePoints: new Map(),
});
