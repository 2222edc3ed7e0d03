// How incidents put what machines know: states, times and other systems' texts for somebody who was just woken.

import { rfc3339 } from "../../kernel/rfc3339.ts";
import type { UpgradeState } from "../core/moves.ts";

const WORDS: Readonly<Record<UpgradeState, { readonly is: string; readonly step: string }>> = {
  scheduled: { is: "is waiting for its turn", step: "waiting for its turn" },
  goingOffline: { is: "is being taken offline", step: "taking it offline" },
  creatingRestorePoint: { is: "is offline, its restore point is being created", step: "creating its restore point" },
  upgrading: { is: "is being upgraded", step: "upgrading" },
  verifying: { is: "is being checked on the new version", step: "checking the new version" },
  goingOnline: { is: "is being brought online", step: "bringing it online" },
  succeeded: { is: "is upgraded and online", step: "upgrading" },
  restoring: { is: "is being restored to its previous version", step: "restoring its previous version" },
  verifyingPrevious: { is: "is being checked on its previous version", step: "checking its previous version" },
  goingOnlinePrevious: {
    is: "is being brought online on its previous version",
    step: "bringing it online on its previous version",
  },
  rolledBack: { is: "is online on its previous version", step: "bringing it back" },
  needsHuman: { is: "waits for somebody to repair it", step: "bringing it back" },
  skipped: { is: "was left out", step: "waiting for its turn" },
};

/** "is being brought online" */
export const isNow = (state: UpgradeState): string => WORDS[state].is;

/** "bringing it online" */
export const stepName = (state: UpgradeState): string => WORDS[state].step;

/** 2026-11-24 12:00:05 UTC */
export const utc = (instant: number): string =>
  rfc3339(instant)
    .replace("T", " ")
    .replace(/\.\d{3}Z$/u, " UTC");

/** In seconds under two minutes, else in minutes. */
export const lasting = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 6000) / 10} minutes`;

/** What somebody else said, as one sentence with one full stop. */
export const sentence = (text: string): string => `${text.trim().replace(/\.+$/u, "")}.`;
