// What the API answers about a quarantine.

import { z } from "zod";
import { optionalRfc3339, rfc3339 } from "../../kernel/rfc3339.ts";
import { withExamples } from "../../platform/http/example.ts";
import type { Quarantine } from "../core/quarantine.ts";

const dateTime = z.iso.datetime({ offset: true });

export const quarantineView = withExamples(
  z.object({
    version: z.string(),
    campaignId: z.string(),
    reason: z.string(),
    since: dateTime,
    lifts: z.array(z.object({ by: z.string(), at: dateTime })),
    liftedAt: dateTime.optional(),
  }),
  {
    version: "7.13.0.1",
    campaignId: "c-ea76746008018523",
    reason: "3 of 6 upgrades of the ring canary failed",
    since: "2026-12-29T21:14:03.000Z",
    lifts: [{ by: "tool:operator-a", at: "2026-12-30T08:02:11.000Z" }],
  },
);

export function viewQuarantine(quarantine: Quarantine): z.infer<typeof quarantineView> {
  const { version, campaignId, reason, since, lifts, liftedAt } = quarantine;
  return {
    version,
    campaignId,
    reason,
    since: rfc3339(since),
    lifts: lifts.map(({ by, at }) => ({ by, at: rfc3339(at) })),
    ...optionalRfc3339("liftedAt", liftedAt),
  };
}
