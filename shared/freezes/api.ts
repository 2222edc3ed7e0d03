// HTTP bodies of the freezes.

import { z } from "zod";
import { freezeSchema } from "../kernel/time/freeze.ts";
import { withExamples } from "../platform/http/example.ts";

const EXAMPLE: Omit<z.input<typeof freezeSchema>, "freezeId"> = {
  reason: "End of the year: accounting departments close their books",
  scope: { kind: "global" },
  period: { kind: "yearly", zone: "Europe/Berlin", from: "12-15", to: "01-06" },
};

export const freezeBody = withExamples(freezeSchema.omit({ freezeId: true }), EXAMPLE);
export const freezeView = withExamples(freezeSchema, { freezeId: "end-of-year", ...EXAMPLE });
export const freezeIdSchema = freezeSchema.shape.freezeId;

/** What a dry run answers. A freeze that would be refused gets the same problem as without it. */
export const dryRunView = withExamples(
  z.object({
    dryRun: z.literal(true),
    freeze: freezeView,
    organisationsInScope: z.int().nonnegative(),
  }),
  { dryRun: true, freeze: { freezeId: "end-of-year", ...EXAMPLE }, organisationsInScope: 412 },
);
