// What customers' links report (docs/telemetry.md).

import type { PLATFORM_EVENTS } from "../platform/signals.ts";
import type { Log } from "../platform/telemetry/log.ts";
import { info, type Catalogue } from "../platform/telemetry/events.ts";

const APPOINTMENT = { campaignId: "text", organisationId: "text", sequence: "number" } as const;

export const LINK_EVENTS = {
  "reschedule.chosen": info("A customer chose another time", {
    ...APPOINTMENT,
    wallStart: "text",
    newSequence: "number",
  }),
  "reschedule.refused": info("A customer could not have another time", { ...APPOINTMENT, refusal: "text" }),
  // Only what kind of refusal: the token itself may be one that still works elsewhere.
  "reschedule.linkRefused": info("A link was not opened", { refusal: "text" }),
} satisfies Catalogue;

export type LinkLog = Log<typeof LINK_EVENTS & typeof PLATFORM_EVENTS>;
