// An organisation: one DocuWare Cloud customer, as the registry knows it.

import { z } from "zod";
import { timeZoneSchema } from "../kernel/time/zones.ts";

/** Lower-case letters, digits and single hyphens inside, 2 to 50 characters: safe in keys, ids and host names. */
export const organisationIdSchema = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){1,49}$/, "must be 2 to 50 lower-case letters, digits or single hyphens between them");

/** A DocuWare version, such as 7.13.0.42. */
export const versionSchema = z.string().regex(/^\d{1,6}(?:\.\d{1,6}){1,3}$/, "must be a version such as 7.13.0.42");

export const organisationSchema = z.strictObject({
  organisationId: organisationIdSchema,
  name: z.string().min(1).max(200),
  /** The deployment stamp it runs on. */
  stamp: z.string().regex(/^[a-z0-9-]{1,40}$/, "must be lower-case letters, digits and hyphens"),
  ring: z.enum(["canary", "early", "broad"]),
  timeZone: timeZoneSchema,
  language: z.enum(["de", "en"]),
  contacts: z.array(z.email().max(254)).max(20),
  /** Root of the organisation's Platform API host, e.g. https://example.docuware.cloud. */
  platformUrl: z.url({ protocol: /^https?$/ }).max(500),
});
export type Organisation = Readonly<z.infer<typeof organisationSchema>>;
