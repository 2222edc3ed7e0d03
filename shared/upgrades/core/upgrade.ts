// One upgrade: one organisation in one campaign. Values only; `decide.ts` moves it, `step.ts` says what to do in a state.

import { z } from "zod";
import { instant } from "../../kernel/rfc3339.ts";
import { appointmentSchema } from "./appointment.ts";
import { UPGRADE_STATES } from "./moves.ts";

export const upgradeSchema = z.object({
  campaignId: z.string(),
  organisationId: z.string(),
  stamp: z.string(),
  ring: z.string(),
  targetVersion: z.string(),
  state: z.enum(UPGRADE_STATES),
  /** Number of moves made; part of every operation id, so that a step is done once however often it is asked for. */
  sequence: z.int().nonnegative(),
  enteredAt: instant,
  /** When the customer was told it will be; absent for a hotfix, which starts as soon as there is room. */
  appointment: appointmentSchema.optional(),
  /** Its place in the order of its ring, from 0; only of a hotfix. */
  turn: z.int().nonnegative().optional(),
  /** When the present step must have ended; absent where no step is under way. */
  deadline: instant.optional(),
  /** Until then the new version must have been verified, or the way back begins. */
  turnBackAt: instant.optional(),
  /** Until then the organisation must be online again, or support is paged. */
  backOnlineBy: instant.optional(),
  /** Of a hotfix: until when, as its customer was told, it would be online again. */
  announcedEnd: instant.optional(),
  /** Runs of the functional suite in the present state, counting the one under way. */
  attempt: z.int().positive(),
  /** Version before the upgrade, as the control plane reported it when the organisation went offline. */
  fromVersion: z.string().optional(),
  restorePointId: z.string().optional(),
  /** The functional suite has passed on the new version. */
  isVerified: z.boolean().optional(),
  /** When going offline began, and when the organisation was online again. */
  offlineFrom: instant.optional(),
  onlineAgainAt: instant.optional(),
  /** When the way back began. */
  rollBackFrom: instant.optional(),
  /** Why the upgrade is rolled back, needs a human or was skipped. */
  failure: z.string().optional(),
  /** What of the functional suite failed when it was brought back online on its previous version all the same. */
  onlineDespite: z.string().optional(),
  /** As the campaign's. */
  traceparent: z.string().max(100).optional(),
});
export type Upgrade = Readonly<z.infer<typeof upgradeSchema>>;

/** Why this app left an organisation out, where others are told something of their own: its functions fail already. */
export const SKIP_CAUSES = ["ill"] as const;
export type SkipCause = (typeof SKIP_CAUSES)[number];

export const historyEntrySchema = z.object({
  organisationId: z.string(),
  sequence: z.int().positive(),
  from: z.enum(UPGRADE_STATES),
  to: z.enum(UPGRADE_STATES),
  at: instant,
  /** Text form of the actor (kernel/actor.ts). */
  by: z.string(),
  reason: z.string().optional(),
  cause: z.enum(SKIP_CAUSES).optional(),
});
export type HistoryEntry = Readonly<z.infer<typeof historyEntrySchema>>;

/** How long each step may take before it counts as failed, and how often verification is tried. Milliseconds. */
export interface UpgradePolicy {
  readonly limitsMs: Readonly<
    Record<"goingOffline" | "creatingRestorePoint" | "upgrading" | "verifying" | "goingOnline" | "restoring", number>
  >;
  /** The longest an organisation may be offline in all. */
  readonly offlineLimitMs: number;
  readonly verifyAttempts: number;
  /** Pause between two runs of the functional suite in one verification. */
  readonly verifyPauseMs: number;
  /** Grid on which long operations are polled. */
  readonly pollEveryMs: number;
}

/** An upgrade that waits to be admitted. */
export function scheduledUpgrade(
  of: Pick<
    Upgrade,
    "campaignId" | "organisationId" | "stamp" | "ring" | "targetVersion" | "appointment" | "turn" | "traceparent"
  >,
  now: number,
): Upgrade {
  return { ...of, state: "scheduled", sequence: 0, enteredAt: now, attempt: 1 };
}

/** Whole seconds between going offline and being online again; undefined while that is open. */
export function offlineSeconds(upgrade: Upgrade): number | undefined {
  if (upgrade.offlineFrom === undefined || upgrade.onlineAgainAt === undefined) return undefined;
  return Math.round((upgrade.onlineAgainAt - upgrade.offlineFrom) / 1000);
}

/** By when, as the customer was told, it would be online again; undefined where nobody was told. */
export const announcedEnd = ({ appointment, announcedEnd: ofHotfix }: Upgrade): number | undefined =>
  appointment?.end ?? ofHotfix;

/** From then on support is paged while it is offline. A told time that was over before it went offline says nothing. */
export function pageFrom(upgrade: Upgrade): number {
  const { offlineFrom = 0, backOnlineBy = Infinity } = upgrade;
  const told = announcedEnd(upgrade) ?? Infinity;
  return told > offlineFrom ? Math.min(told, backOnlineBy) : backOnlineBy;
}
