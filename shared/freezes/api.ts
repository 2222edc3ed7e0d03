// HTTP bodies of the freezes.

import { z } from "zod";
import { freezeSchema } from "../kernel/time/freeze.ts";
import examples from "./examples.json" with { type: "json" };

export const freezeBody = freezeSchema.omit({ freezeId: true }).meta({ examples: examples.body });
export const freezeView = freezeSchema.meta({ examples: examples.freeze });
export const freezeIdSchema = freezeSchema.shape.freezeId;

/** What a dry run answers. A freeze that would be refused gets the same problem as without it. */
export const dryRunView = z
  .object({
    dryRun: z.literal(true),
    freeze: freezeView,
    organisationsInScope: z.int().nonnegative(),
  })
  .meta({ examples: examples.dryRun });
