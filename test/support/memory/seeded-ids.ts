// Ids that follow from a seed, for tests and simulations.
import { createHash } from "node:crypto";
import { type Ids, uuidOf } from "../../../shared/platform/ids.ts";

/** The same sequence of UUIDs for the same seed. */
export function seededIds(seed: string): Ids {
  let count = 0;
  return {
    next: () => {
      count += 1;
      return uuidOf(
        createHash("sha256")
          .update(JSON.stringify([seed, count]))
          .digest(),
      );
    },
  };
}
