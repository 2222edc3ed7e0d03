// What one simulated organisation is made of, and the events that change it. Events are the storage format.
import type { OperationKind } from "../../../shared/docuware/control-plane/control-plane.ts";

/** Text, number (dates as milliseconds since the epoch), keywords, or nothing. The field's type says which. */
export type FieldItem = string | number | readonly string[] | null;

export interface SectionRecord {
  readonly id: string;
  readonly contentType: string;
  readonly fileName: string;
  readonly size: number;
  readonly modifiedAt: number;
}

export interface DocumentRecord {
  readonly id: number;
  readonly cabinetId: string;
  readonly fields: Readonly<Record<string, FieldItem>>;
  readonly sections: readonly SectionRecord[];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly modifiedAt: number;
  readonly modifiedBy: string;
}

export interface TrashRecord {
  readonly id: string;
  readonly document: DocumentRecord;
  readonly deletedAt: number;
  readonly deletedBy: string;
}

export interface OperationRecord {
  readonly id: string;
  readonly kind: OperationKind;
  readonly scope: string;
  readonly sequence: number;
  readonly status: "Running" | "Succeeded" | "Failed" | "Canceled";
  readonly startedAt: number;
  /** When the running operation ends; null: it hangs until a newer one cancels it. */
  readonly endsAt: number | null;
  readonly endedAt?: number;
  /** How often the effect was applied to the organisation; a retried call never raises it above 1. */
  readonly appliedCount: number;
  readonly targetVersion?: string;
  readonly restorePointId?: string;
  /** The operation will fail (a fault was set), or has failed, with this message. */
  readonly failure?: string;
  readonly resultVersion?: string;
}

type Availability = "online" | "offline";

interface RestorePoint {
  readonly id: string;
  readonly version: string;
  readonly documents: readonly DocumentRecord[];
  readonly trash: readonly TrashRecord[];
}

export interface Snapshot {
  readonly availability: Availability;
  readonly version: string;
  readonly history: { readonly availability: Availability; readonly at: number }[];
  readonly documents: readonly DocumentRecord[];
  readonly trash: readonly TrashRecord[];
  readonly operations: readonly OperationRecord[];
  readonly scopes: readonly (readonly [scope: string, sequence: number])[];
  readonly restorePoints: readonly RestorePoint[];
  readonly nextDocument: number;
  readonly nextSection: number;
}

export type OrganisationEvent =
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "documentPut"; readonly document: DocumentRecord }
  | { readonly type: "documentTrashed"; readonly trashed: TrashRecord }
  | { readonly type: "trashPurged"; readonly ids: readonly string[] }
  | { readonly type: "operationBegun"; readonly operation: OperationRecord; readonly cancels?: string }
  | { readonly type: "operationEnded"; readonly id: string; readonly at: number };

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
