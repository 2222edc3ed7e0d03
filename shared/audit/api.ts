// HTTP bodies of the audit log.

import { defined } from "../kernel/defined.ts";
import { z } from "zod";
import { dateTime, rfc3339 } from "../kernel/rfc3339.ts";
import { pageQuery } from "../platform/http/paging.ts";
import type { Entry } from "./entry.ts";
import examples from "./examples.json" with { type: "json" };

const instant = dateTime.transform((text) => Date.parse(text));

export const entriesQuery = pageQuery.extend({
  from: instant.optional().describe("First instant of the period; 30 days before its end when absent."),
  to: instant.optional().describe("First instant after the period; now when absent."),
});

export const entryView = z
  .object({
    entryId: z.string(),
    at: dateTime.describe("When it was about to begin."),
    actor: z.string(),
    action: z.string(),
    target: z.record(z.string(), z.string()),
    details: z.record(z.string(), z.string()).describe("JSON as text, shortened and without secrets."),
    traceId: z.string(),
    outcome: z
      .enum(["succeeded", "refused", "failed", "unknown"])
      .describe("unknown: under way, or the process ended in it. failed: whether something was done is not known."),
    code: z.string().optional(),
    status: z.int().optional(),
    concludedAt: dateTime.optional(),
  })
  .meta({ examples: examples.entry });

export function viewEntry({ at, concludedAt, outcome, code, status, ...entry }: Entry): z.infer<typeof entryView> {
  return {
    ...entry,
    at: rfc3339(at),
    outcome: outcome ?? "unknown",
    ...defined({ code, status, concludedAt: rfc3339(concludedAt) }),
  };
}
