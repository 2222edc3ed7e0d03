// HTTP bodies of the registry.

import { z } from "zod";
import { withExamples } from "../platform/http/example.ts";
import { organisationSchema } from "./organisation.ts";

const EXAMPLE: Omit<z.input<typeof organisationSchema>, "organisationId"> = {
  name: "Alpine Logistics",
  stamp: "eu-1",
  ring: "canary",
  timeZone: "Europe/Berlin",
  maintenanceWindow: { kind: "weekly", weekdays: ["saturday"], start: "22:00", durationMinutes: 360 },
  language: "de",
  contacts: ["it@alpine-logistics.example"],
  platformUrl: "https://alpine-logistics.docuware.cloud",
};

export const organisationBody = withExamples(
  organisationSchema.omit({ organisationId: true }).extend({
    // What is wrong with it is said by the outbound policy (put-organisation.ts), in words.
    platformUrl: z.string().describe("Root of its host, https, among OUTBOUND_HOSTS: https://example.docuware.cloud."),
  }),
  EXAMPLE,
);
export const organisationView = withExamples(organisationSchema, { organisationId: "alpine-logistics", ...EXAMPLE });
