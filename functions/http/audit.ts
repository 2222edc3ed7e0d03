// HTTP: the audit log. It is written by the HTTP layer itself (shared/platform/http/audit-hook.ts).

import { entriesQuery, entryView, viewEntry } from "../../shared/audit/api.ts";
import type { AuditVerbs } from "../../shared/audit/verbs.ts";
import type { Clock } from "../../shared/platform/clock/clock.ts";
import { defineEndpoint, invalid } from "../../shared/platform/http/endpoint.ts";
import { pageOf, pageView } from "../../shared/platform/http/paging.ts";

export const auditEndpoints = (audit: Pick<AuditVerbs, "list">, clock: Clock) => [listAuditEvents(audit, clock)];

const listAuditEvents = ({ list }: Pick<AuditVerbs, "list">, clock: Clock) =>
  defineEndpoint({
    name: "list-audit-events",
    method: "GET",
    route: "audit/events",
    role: "Audit.Read",
    summary:
      "Who did what, newest first; reading is written to the log, too. A page may be short although there is more",
    query: entriesQuery,
    // Who looked at what others did is itself something to know.
    audited: true,
    answers: { 200: pageOf(entryView) },
    handle: async ({ query }) => {
      const { from, to = clock.now() } = query;
      if (from !== undefined && from >= to) {
        return invalid([{ pointer: "/query/from", message: "must be before the end of the period" }]);
      }
      const page = await list(query);
      return { status: 200, body: pageView(page.items.map(viewEntry), page.cursor) };
    },
  });
