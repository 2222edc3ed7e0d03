// What the API answers about a quarantine.

import { defined } from "../../kernel/defined.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../../kernel/rfc3339.ts";
import type { Quarantine } from "../core/quarantine.ts";
import examples from "../examples.json" with { type: "json" };

export const quarantineView = z
  .object({
    version: z.string(),
    campaignId: z.string(),
    reason: z.string(),
    since: dateTime,
    lifts: z.array(z.object({ by: z.string(), at: dateTime })),
    liftedAt: dateTime.optional(),
  })
  .meta({ examples: examples.quarantine });

export function viewQuarantine(quarantine: Quarantine): z.infer<typeof quarantineView> {
  const { version, campaignId, reason, since, lifts, liftedAt } = quarantine;
  return {
    version,
    campaignId,
    reason,
    since: rfc3339(since),
    lifts: lifts.map(({ by, at }) => ({ by, at: rfc3339(at) })),
    ...defined({ liftedAt: rfc3339(liftedAt) }),
  };
}
