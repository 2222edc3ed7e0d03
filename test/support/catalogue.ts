// Everything that the app may report, by name, with the attributes that arrive.

import { EVENTS } from "../../shared/capabilities.ts";
import { CHECK_COMPLETED } from "../../shared/checks/signals.ts";
import { CONTROL_PLANE_CALL, REGULAR_CHECK, SUITE_DURATION, VERIFICATION } from "../../shared/docuware/signals.ts";
import * as platform from "../../shared/platform/signals.ts";
import { exportedAttributes } from "../../shared/platform/telemetry/events.ts";

export interface Signal {
  readonly attributes: readonly string[];
}
type Signals = Readonly<Record<string, Signal>>;

const byName = (all: readonly (Signal & { readonly name: string })[]): Signals =>
  Object.fromEntries(all.map((one) => [one.name, one]));

export const METRICS = byName([
  platform.FUNCTION_DURATION,
  SUITE_DURATION,
  CHECK_COMPLETED,
  ...Object.values(EVENTS).flatMap(({ metrics }) => metrics.map(({ metric }) => metric)),
]);

/** Custom events. */
export const EXPORTED: Signals = Object.fromEntries(
  Object.entries(EVENTS)
    .filter(([, { isExported }]) => isExported)
    .map(([name, event]) => [name, { attributes: exportedAttributes(event) }]),
);

export const AVAILABILITY = byName([REGULAR_CHECK, VERIFICATION]);

export const SPANS: readonly Signal[] = [
  platform.FUNCTION_RUN,
  platform.TABLE_CALL,
  platform.BUS_SEND,
  platform.MAIL_SEND,
  platform.HTTP_CALL,
  CONTROL_PLANE_CALL,
];
