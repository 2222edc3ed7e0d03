// Groups of states, from the one thing that the invariants share with the machine: the table of allowed moves.

import { MOVES } from "../../../shared/upgrades/core/moves.ts";

const ENDED = new Set(Object.entries(MOVES).flatMap(([state, next]) => (next.length === 0 ? [state] : [])));
const moves = new Map<string, readonly string[]>(Object.entries(MOVES));

export const isOpenState = (state: string): boolean => !ENDED.has(state);
/** Under way or waiting for a human: counts against maxInFlight. */
export const isInFlight = (state: string): boolean => isOpenState(state) && state !== "scheduled";
export const mayFollow = (from: string, to: string): boolean => moves.get(from)?.includes(to) === true;

/** Where a campaign counts an upgrade. `revision`: of its date. */
export function placeOf(state: string, revision: number): string {
  if (state === "scheduled") return revision > 0 ? "postponed" : "waiting";
  return ENDED.has(state) || state === "needsHuman" ? state : "underWay";
}

export type InvariantId = `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18}`;
export type Break = (invariant: InvariantId, detail: string) => void;
