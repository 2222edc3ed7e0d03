// What upgrades take, frozen when a campaign is approved. Pure.

import { z } from "zod";
import type { Need } from "./due.ts";

const ms = z.int().nonnegative();

/** What upgrades take, as it was known when the campaign was approved. Milliseconds. */
export const paceSchema = z.object({
  /** Hardly any is faster; 0 when that is not known. */
  fastestMs: ms,
  usualMs: ms,
  averageMs: ms,
  /** 95th percentiles. */
  upgradeMs: ms,
  rollBackMs: ms,
});
export type Pace = Readonly<z.infer<typeof paceSchema>>;

/** Where nothing was measured, the assumption stands for all but the fastest. */
export const paceOf = ({ upgradeMs, rollBackMs, fastestMs, usualMs, averageMs }: Need): Pace => ({
  fastestMs: fastestMs ?? 0,
  usualMs: usualMs ?? upgradeMs,
  averageMs: averageMs ?? upgradeMs,
  upgradeMs,
  rollBackMs,
});
