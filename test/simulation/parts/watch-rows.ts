// The rows of campaigns and upgrades as the invariants read them: by themselves, not by the codecs of the product.

import { z } from "zod";
import type { Cell, Cells } from "../../../shared/platform/tables/tables.ts";

const appointmentSchema = z.object({
  wallStart: z.string(),
  zone: z.string(),
  start: z.number(),
  end: z.number(),
  revision: z.number(),
  noticeFrom: z.number(),
  announcedWall: z.string(),
});
export type AppointmentRow = z.infer<typeof appointmentSchema>;

const ringsSchema = z.array(z.object({ ring: z.string(), soakMs: z.number(), failureBudget: z.number() }));
const talliesSchema = z.array(
  z.object({ ring: z.string(), stamp: z.string(), counts: z.record(z.string(), z.number()) }),
);
const outgoingSchema = z.object({
  organisationId: z.string(),
  sequence: z.number(),
  from: z.string(),
  to: z.string(),
});
const liftsSchema = z.array(z.object({ by: z.string() }));

export interface UpgradeRow {
  readonly campaignId: string;
  readonly organisationId: string;
  readonly ring: string;
  readonly stamp: string;
  readonly version: string;
  readonly state: string;
  readonly sequence: number;
  readonly enteredAt: number;
  /** Of its step. */
  readonly deadline: number | undefined;
  readonly onlineAgainAt: number | undefined;
  readonly appointment: AppointmentRow | undefined;
}

export interface CampaignRow {
  readonly campaignId: string;
  readonly kind: string;
  readonly version: string;
  readonly state: string;
  readonly pausedBecause: string | undefined;
  readonly maxInFlight: number;
  readonly failureBudget: number;
  readonly stampFailureBudget: number;
  readonly rings: z.infer<typeof ringsSchema>;
  readonly openRings: number;
  readonly tallies: z.infer<typeof talliesSchema>;
  readonly isEnded: boolean;
  /** Its latest move was told to others. */
  readonly isTold: boolean;
}

/** A move in the outbox. */
export interface OutgoingRow extends z.infer<typeof outgoingSchema> {
  /** Of the appointment that the move left. */
  readonly revision: number;
}

export interface QuarantineRow {
  readonly version: string;
  readonly campaignId: string;
  readonly since: number;
  readonly isLifted: boolean;
  readonly liftedAt: number;
  readonly lifts: readonly string[];
}

const json = (cell: Cell | undefined): unknown => (cell === undefined ? undefined : JSON.parse(String(cell)));
export const text = (cell: unknown): string => (typeof cell === "string" ? cell : "");

export const upgradeRow = (campaignId: string, cells: Cells): UpgradeRow => ({
  campaignId,
  organisationId: text(cells["organisationId"]),
  ring: text(cells["ring"]),
  stamp: text(cells["stamp"]),
  version: text(cells["targetVersion"]),
  state: text(cells["state"]),
  sequence: Number(cells["sequence"]),
  enteredAt: Number(cells["enteredAt"]),
  deadline: cells["deadline"] === undefined ? undefined : Number(cells["deadline"]),
  onlineAgainAt: cells["onlineAgainAt"] === undefined ? undefined : Number(cells["onlineAgainAt"]),
  appointment: appointmentSchema.optional().parse(json(cells["appointment"])),
});

export const campaignRow = (campaignId: string, cells: Cells): CampaignRow => ({
  campaignId,
  kind: text(cells["kind"]),
  version: text(cells["version"]),
  state: text(cells["state"]),
  pausedBecause: cells["pausedBecause"] === undefined ? undefined : text(cells["pausedBecause"]),
  maxInFlight: Number(cells["maxInFlight"]),
  failureBudget: Number(cells["failureBudget"]),
  stampFailureBudget: Number(cells["stampFailureBudget"]),
  rings: ringsSchema.parse(json(cells["rings"])),
  openRings: Number(cells["openRings"]),
  tallies: talliesSchema.parse(json(cells["tallies"])),
  isEnded: cells["endedAt"] !== undefined,
  isTold: Number(cells["notifiedSequence"]) >= Number(cells["sequence"]),
});

export function outgoingRow(cells: Cells): OutgoingRow {
  const upgrade = z
    .object({ appointment: z.object({ revision: z.number() }).optional() })
    .parse(json(cells["upgrade"]));
  return { ...outgoingSchema.parse(json(cells["entry"])), revision: upgrade.appointment?.revision ?? 0 };
}

export const quarantineRow = (cells: Cells): QuarantineRow => ({
  version: text(cells["version"]),
  campaignId: text(cells["campaignId"]),
  since: Number(cells["since"]),
  isLifted: cells["liftedAt"] !== undefined,
  liftedAt: Number(cells["liftedAt"] ?? 0),
  lifts: liftsSchema.parse(json(cells["lifts"])).map(({ by }) => by),
});

export const keyOf = (row: { readonly campaignId: string; readonly organisationId: string }): string =>
  `${row.campaignId}|${row.organisationId}`;
