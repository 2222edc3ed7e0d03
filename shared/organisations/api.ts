// HTTP bodies of the registry.

import { z } from "zod";
import { organisationSchema } from "./organisation.ts";
import examples from "./examples.json" with { type: "json" };

export const organisationBody = organisationSchema
  .omit({ organisationId: true })
  .extend({
    // What is wrong with it is said by the outbound policy (put-organisation.ts), in words.
    platformUrl: z.string().describe("Root of its host, https, among OUTBOUND_HOSTS: https://example.docuware.cloud."),
  })
  .meta({ examples: examples.body });
export const organisationView = organisationSchema.meta({ examples: examples.organisation });
