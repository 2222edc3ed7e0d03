// Calls an endpoint through the product's own handler.

import { HttpRequest, InvocationContext, type HttpResponseInit } from "@azure/functions";
import { err, ok } from "../../../shared/kernel/result.ts";
import type { Endpoint } from "../../../shared/platform/http/endpoint.ts";
import { isRole, ROLES } from "../../../shared/capabilities.ts";
import { toHttpHandler } from "../../../shared/platform/http/to-http-handler.ts";
import { memoryLog } from "../../support/memory/memory-log.ts";
import { anAuditLog } from "../../support/audit.ts";

export interface Call {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly form?: string;
  readonly hasToken?: boolean;
}

export async function callEndpoint(endpoint: Endpoint, call: Call = {}) {
  const log = memoryLog();
  const text = call.form ?? (call.json === undefined ? undefined : JSON.stringify(call.json));
  const request = new HttpRequest({
    method: endpoint.method,
    url: `http://localhost/api/${endpoint.route.replaceAll(/[{}]/gu, "")}`,
    headers: {
      "content-type": call.form === undefined ? "application/json" : "application/x-www-form-urlencoded",
      ...call.headers,
    },
    params: call.params ?? {},
    query: call.query ?? {},
    ...(text !== undefined && { body: { string: text } }),
  });
  const caller = ok({
    actor: { kind: "tool", clientId: "operator-a" },
    roles: Object.keys(ROLES).filter(isRole),
  } as const);
  const refused = err({ reason: "No token.", hadToken: false });
  const authenticate = async () => (call.hasToken === false ? refused : caller);
  const context = new InvocationContext({ functionName: endpoint.name, invocationId: "invocation-1" });
  const response: HttpResponseInit = Object(
    await toHttpHandler(endpoint, { authenticate, audit: anAuditLog(), log })(request, context),
  );
  const body = typeof response.body === "string" ? response.body : "";
  const headers = new Headers(response.headers ?? {});
  const json: unknown = headers.get("content-type")?.includes("json") === true ? JSON.parse(body) : undefined;
  return { status: response.status ?? 200, headers, body, json, entries: log.entries };
}

/** The endpoint of that name. */
export function endpointOf(endpoints: readonly Endpoint[], name: string): Endpoint {
  const found = endpoints.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no endpoint ${name}.`);
  return found;
}
