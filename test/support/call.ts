// Calls an endpoint through the product's own handler.

import { HttpRequest, InvocationContext, type HttpResponseInit } from "@azure/functions";
import { err, ok } from "../../shared/kernel/result.ts";
import type { Endpoint } from "../../shared/platform/http/endpoint.ts";
import { isRole, ROLES } from "../../shared/capabilities.ts";
import { toHttpHandler, type HandlerDeps } from "../../shared/platform/http/to-http-handler.ts";
import { anAuditLog } from "./audit.ts";
import { memoryLog } from "./memory/memory-log.ts";

export interface Call {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly form?: string;
  /** Instead of both, as it is and without a content type. */
  readonly body?: string | Uint8Array | undefined;
  readonly hasToken?: boolean;
}

/** Without deps of its own the caller has every role. */
export async function callEndpoint(endpoint: Endpoint, call: Call = {}, deps: Partial<HandlerDeps> = {}) {
  const log = memoryLog();
  const json = call.json === undefined ? undefined : JSON.stringify(call.json);
  const content = call.body ?? call.form ?? json;
  const type = call.form === undefined ? "application/json" : "application/x-www-form-urlencoded";
  const request = new HttpRequest({
    method: endpoint.method,
    url: `http://localhost/api/${endpoint.route.replaceAll(/[{}]/gu, "")}`,
    headers: { ...(call.body === undefined && { "content-type": type }), ...call.headers },
    params: call.params ?? {},
    query: call.query ?? {},
    ...(content !== undefined && { body: typeof content === "string" ? { string: content } : { bytes: content } }),
  });
  const actor = { kind: "tool", clientId: "operator-a" } as const;
  const refused = err({ reason: "No token.", hadToken: false });
  const authenticate = async () =>
    call.hasToken === false ? refused : ok({ actor, roles: Object.keys(ROLES).filter(isRole) });
  const context = new InvocationContext({ functionName: endpoint.name, invocationId: "invocation-1" });
  const response: HttpResponseInit = Object(
    await toHttpHandler(endpoint, { authenticate, audit: anAuditLog(), log, ...deps })(request, context),
  );
  const body = typeof response.body === "string" ? response.body : "";
  const headers = new Headers(response.headers ?? {});
  const isJson = headers.get("content-type")?.includes("json") === true;
  const answered: unknown = isJson ? JSON.parse(body) : undefined;
  return { status: response.status ?? 200, headers, body, json: answered, entries: log.entries };
}

/** The endpoint of that name. */
export function endpointOf(endpoints: readonly Endpoint[], name: string): Endpoint {
  const found = endpoints.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no endpoint ${name}.`);
  return found;
}
