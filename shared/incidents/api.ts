// HTTP bodies of incidents.

import { defined } from "../kernel/defined.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../kernel/rfc3339.ts";
import { pageQuery } from "../platform/http/paging.ts";
import { SEVERITIES, type Incident } from "./core/incident.ts";
import examples from "./examples.json" with { type: "json" };

export const incidentsQuery = pageQuery.extend({
  severity: z
    .enum(["0", "1", "2", "3"])
    .transform((text) => SEVERITIES[Number(text)])
    .optional(),
});

export const incidentView = z
  .object({
    incidentId: z.string(),
    severity: z
      .literal(SEVERITIES)
      .describe("0 act at once: customers are down; 1 answer at once; 2 the same working day; 3 office hours."),
    kind: z.string(),
    title: z.string(),
    detail: z.string(),
    subject: z.object({
      organisationId: z.string().optional(),
      campaignId: z.string().optional(),
      version: z.string().optional(),
    }),
    raisedAt: dateTime,
    acknowledgedBy: z.string().optional(),
    acknowledgedAt: dateTime.optional(),
    mail: z.object({
      status: z.enum(["pending", "accepted"]),
      acceptedAt: dateTime.optional(),
      nextAttemptAt: dateTime.optional(),
      failure: z.string().optional(),
    }),
  })
  .meta({ examples: examples.incident });

export function viewIncident({ mail, raisedAt, acknowledgedAt, ...incident }: Incident): z.infer<typeof incidentView> {
  const { status, acceptedAt, nextAttemptAt, failure } = mail;
  const { acknowledgedBy, ...rest } = incident;
  return {
    ...rest,
    raisedAt: rfc3339(raisedAt),
    ...defined({ acknowledgedBy, acknowledgedAt: rfc3339(acknowledgedAt) }),
    mail: {
      status,
      ...defined({ acceptedAt: rfc3339(acceptedAt) }),
      ...(status === "pending" ? { nextAttemptAt: rfc3339(nextAttemptAt) } : {}),
      ...defined({ failure }),
    },
  };
}
