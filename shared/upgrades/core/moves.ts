// The states of one upgrade and the only allowed moves between them. docs/states.md and the tests follow this table.

export const MOVES = {
  /** In a campaign, waiting to be admitted; the organisation is online and untouched. It may be given another date. */
  scheduled: ["scheduled", "goingOffline", "skipped"],
  goingOffline: ["creatingRestorePoint", "verifyingPrevious"],
  creatingRestorePoint: ["upgrading", "verifyingPrevious"],
  upgrading: ["verifying", "restoring"],
  /** The functional suite runs against the offline organisation on the new version. */
  verifying: ["verifying", "goingOnline", "restoring"],
  goingOnline: ["succeeded", "restoring"],
  /** Online on the new version. */
  succeeded: [],
  /** Back to the restore point; or, where bringing it online took effect late after all, online on the new version. */
  restoring: ["verifyingPrevious", "succeeded", "needsHuman"],
  /** The functional suite runs against the offline organisation on the previous version. */
  verifyingPrevious: ["verifyingPrevious", "goingOnlinePrevious", "needsHuman"],
  goingOnlinePrevious: ["rolledBack", "needsHuman"],
  /** Online on the previous version. */
  rolledBack: [],
  /** Offline and safe: the roll-back itself failed, nothing acts until an operator retries it. */
  needsHuman: ["restoring", "verifyingPrevious"],
  /** Left out before anything was done: by an operator, by aborting the campaign, or because no date was possible. */
  skipped: [],
} as const satisfies Record<string, readonly string[]>;

export type UpgradeState = keyof typeof MOVES;

export const UPGRADE_STATES = Object.keys(MOVES) as readonly UpgradeState[];

/** States in which a step is under way: the organisation is, or may be, offline and a wake-up must exist. */
export const ACTIVE_STATES = [
  "goingOffline",
  "creatingRestorePoint",
  "upgrading",
  "verifying",
  "goingOnline",
  "restoring",
  "verifyingPrevious",
  "goingOnlinePrevious",
] as const satisfies readonly UpgradeState[];

export type ActiveState = (typeof ACTIVE_STATES)[number];

const active: ReadonlySet<UpgradeState> = new Set(ACTIVE_STATES);

export const isActive = (state: UpgradeState): state is ActiveState => active.has(state);

/** Ended for good: no move leads out. */
export const isTerminal = (state: UpgradeState): boolean => MOVES[state].length === 0;

export const mayMove = (from: UpgradeState, to: UpgradeState): boolean =>
  (MOVES[from] as readonly UpgradeState[]).includes(to);
