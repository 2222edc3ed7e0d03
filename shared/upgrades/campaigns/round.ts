// One round of the coordinator: what it wants to change, and when it must look again.

import type { Campaign } from "../core/campaign.ts";
import type { Change } from "../store/store-writes.ts";

export interface Round {
  readonly campaign: Campaign;
  readonly changes: readonly Change[];
  /** There is more to do at once. */
  readonly isMore?: boolean;
  /** When something will be due, as far as it is known. */
  readonly pollAt?: number;
}
