// An organisation: one DocuWare Cloud customer, as the registry knows it.

import { z } from "zod";
import { languageSchema, organisationIdSchema } from "../kernel/identity.ts";
import { maintenanceWindowSchema, type MaintenanceWindow } from "../kernel/time/maintenance-window.ts";
import { timeZoneSchema } from "../kernel/time/zones.ts";

/** Long enough that an upgrade and its roll-back have a chance to fit; whether they do is asked before every start. */
const durationMinutes = z.int().min(60, "must be at least 60 minutes").max(1440, "must be at most 1440 minutes");

const [weekly, monthly] = maintenanceWindowSchema.options;
/** Without a zone: it is the organisation's, so the two cannot differ. `windowOf` joins them. */
const windowSchema = z.discriminatedUnion("kind", [
  weekly.omit({ zone: true }).extend({ durationMinutes }),
  monthly.omit({ zone: true }).extend({
    durationMinutes,
    week: z.literal([1, 2, 3, 4, "last"], 'must be 1, 2, 3, 4 or "last": in most months another week never comes'),
  }),
]);

/** Of whoever has not chosen one, and of rows written before there were windows. */
const STANDARD_WINDOW: z.output<typeof windowSchema> = {
  kind: "weekly",
  weekdays: ["saturday"],
  start: "22:00",
  durationMinutes: 360,
};

export const organisationSchema = z.strictObject({
  organisationId: organisationIdSchema,
  name: z.string().min(1).max(200),
  /** The deployment stamp it runs on. */
  stamp: z.string().regex(/^[a-z0-9-]{1,40}$/, "must be lower-case letters, digits and hyphens"),
  ring: z.enum(["canary", "early", "broad"]),
  timeZone: timeZoneSchema,
  /** When it may be offline, in the wall time of `timeZone`. */
  maintenanceWindow: windowSchema.default(STANDARD_WINDOW),
  language: languageSchema,
  contacts: z.array(z.email().max(254)).max(20),
  /** Root of the organisation's Platform API host, e.g. https://example.docuware.cloud. */
  platformUrl: z.url({ protocol: /^https?$/ }).max(500),
});
export type Organisation = Readonly<z.infer<typeof organisationSchema>>;

/** The organisation's maintenance window in its zone. */
export function windowOf({
  timeZone,
  maintenanceWindow,
}: Pick<Organisation, "timeZone" | "maintenanceWindow">): MaintenanceWindow {
  return { ...maintenanceWindow, zone: timeZone };
}
