// Every HTTP call that changes something is written to the audit log before and after it acts, here and not in the
// handlers, so that none can be forgotten (endpoint.ts says which calls).

import { defined } from "../../kernel/defined.ts";
import type { Actor } from "../../kernel/actor.ts";
import { audited, type AuditDeps, type AuditedAct, type AuditOutcome } from "../audit-log.ts";
import type { Endpoint, RawAnswer, ValidRequest } from "./endpoint.ts";
import { Problem } from "./problems.ts";

interface Call {
  readonly endpoint: Endpoint;
  readonly actor: Actor;
  readonly traceId: string;
}

/** Acts; a call that is not audited, or changes nothing because it is a dry run, just so. */
export function actAudited(
  deps: AuditDeps,
  call: Call,
  request: ValidRequest,
  problemOf: (error: unknown) => Problem,
): Promise<RawAnswer | Problem> {
  const { audit, log } = deps;
  const { dryRun } = recordOf(request.query);
  const isDryRun = dryRun === true || dryRun === "true";
  if (!call.endpoint.isAudited || isDryRun) return request.act();
  const { query, body } = request;
  const act = actOf(call, recordOf(request.params), {
    ...(Object.keys(recordOf(query)).length > 0 && { query }),
    ...defined({ body }),
  });
  return audited({ audit, log }, act, () => request.act(), {
    ofResult: outcomeOf,
    ofError: (error) => outcomeOf(problemOf(error)),
  });
}

/**
 * Somebody known, but without the role, has tried. Unknown callers are not written down: anybody could fill the log.
 * A loss is logged and changes nothing for the caller, who is refused anyway.
 */
export async function auditRefusal(
  { audit, log }: AuditDeps,
  call: Call,
  { params, query }: { readonly params: Readonly<Record<string, string>>; readonly query: URLSearchParams },
  refusal: Problem,
): Promise<void> {
  if (!call.endpoint.isAudited || query.get("dryRun") === "true") return;
  try {
    await audit.refuse(actOf(call, params, {}), { kind: "refused", code: refusal.code, status: refusal.status });
  } catch (error) {
    log.event("audit.refusalLost", { action: call.endpoint.name, traceId: call.traceId, error });
  }
}

const actOf = (
  { endpoint, actor, traceId }: Call,
  params: Readonly<Record<string, unknown>>,
  details: AuditedAct["details"],
): AuditedAct => ({
  actor,
  action: endpoint.name,
  target: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
  details,
  traceId,
});

function outcomeOf(answer: RawAnswer | Problem): AuditOutcome {
  const { status } = answer;
  const code = answer instanceof Problem ? { code: answer.code } : {};
  if (status >= 500) return { kind: "failed", status, ...code };
  return { kind: status >= 400 ? "refused" : "succeeded", status, ...code };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
