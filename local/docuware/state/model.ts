// What one simulated organisation is made of, and the events that change it. The schemas are the storage format: every
// line of a journal is one event.
import { z } from "zod";
import { OPERATION_KINDS } from "../../../shared/docuware/control-plane.ts";

/** Text, number (dates as milliseconds since the epoch), keywords, or nothing. The field's type says which. */
const fieldItem = z.union([z.string(), z.number(), z.array(z.string()).readonly(), z.null()]);
export type FieldItem = z.infer<typeof fieldItem>;

const section = z
  .object({
    id: z.string(),
    contentType: z.string(),
    fileName: z.string(),
    size: z.number(),
    modifiedAt: z.number(),
  })
  .readonly();
export type SectionRecord = z.infer<typeof section>;

const document = z
  .object({
    id: z.number(),
    cabinetId: z.string(),
    fields: z.record(z.string(), fieldItem).readonly(),
    sections: z.array(section).readonly(),
    createdAt: z.number(),
    createdBy: z.string(),
    modifiedAt: z.number(),
    modifiedBy: z.string(),
  })
  .readonly();
export type DocumentRecord = z.infer<typeof document>;

const trashed = z.object({ id: z.string(), document, deletedAt: z.number(), deletedBy: z.string() }).readonly();
export type TrashRecord = z.infer<typeof trashed>;

const operation = z
  .object({
    id: z.string(),
    kind: z.enum(OPERATION_KINDS),
    scope: z.string(),
    sequence: z.number(),
    status: z.enum(["Running", "Succeeded", "Failed", "Canceled"]),
    startedAt: z.number(),
    /** When the running operation ends; null: it hangs until a newer one cancels it. */
    endsAt: z.number().nullable(),
    endedAt: z.number().optional(),
    /** How often the effect was applied to the organisation; a retried call never raises it above 1. */
    appliedCount: z.number(),
    targetVersion: z.string().optional(),
    restorePointId: z.string().optional(),
    /** The operation will fail (a fault was set), or has failed, with this message. */
    failure: z.string().optional(),
    resultVersion: z.string().optional(),
  })
  .readonly();
export type OperationRecord = z.infer<typeof operation>;

const availability = z.enum(["online", "offline"]);
type Availability = z.infer<typeof availability>;

const restorePoint = z
  .object({
    id: z.string(),
    version: z.string(),
    documents: z.array(document).readonly(),
    trash: z.array(trashed).readonly(),
  })
  .readonly();
type RestorePoint = z.infer<typeof restorePoint>;

const snapshot = z.object({
  availability,
  version: z.string(),
  history: z.array(z.object({ availability, at: z.number() }).readonly()),
  documents: z.array(document),
  trash: z.array(trashed),
  operations: z.array(operation),
  scopes: z.array(z.tuple([z.string(), z.number()])),
  restorePoints: z.array(restorePoint),
  nextDocument: z.number(),
  nextSection: z.number(),
});
export type Snapshot = z.infer<typeof snapshot>;

export const eventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("snapshot"), snapshot }),
  z.object({ type: z.literal("documentPut"), document }),
  z.object({ type: z.literal("documentTrashed"), trashed }),
  z.object({ type: z.literal("trashPurged"), ids: z.array(z.string()) }),
  z.object({ type: z.literal("operationBegun"), operation, cancels: z.string().optional() }),
  z.object({ type: z.literal("operationEnded"), id: z.string(), at: z.number() }),
]);
export type OrganisationEvent = z.infer<typeof eventSchema>;

/** The live form of a snapshot. Only `applyEvent` changes it; records are immutable and shared with restore points. */
export interface OrganisationState {
  availability: Availability;
  version: string;
  history: { readonly availability: Availability; readonly at: number }[];
  readonly documents: Map<number, DocumentRecord>;
  readonly trash: Map<string, TrashRecord>;
  readonly operations: Map<string, OperationRecord>;
  /** Highest accepted sequence by scope. */
  readonly scopes: Map<string, number>;
  readonly restorePoints: Map<string, RestorePoint>;
  nextDocument: number;
  nextSection: number;
  /** Derived: the operation that runs. */
  runningId: string | undefined;
}
