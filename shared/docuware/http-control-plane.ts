// The control plane over HTTP (control-plane.openapi.yaml).

import { z } from "zod";
import { PermanentFailure } from "../kernel/failures.ts";
import type { Clock } from "../platform/clock.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../platform/http-client.ts";
import { describeRequest, failureOf, HttpTrouble, retryAfterMsOf } from "../platform/http-failures.ts";
import { ControlPlaneRefusal } from "./control-plane-refusal.ts";
import {
  OPERATION_KINDS,
  type ControlPlane,
  type OperationKind,
  type OperationRequest,
  type OperationStatus,
  type OrganisationStatus,
} from "./control-plane.ts";
import { jsonOf, parseBody } from "./json-body.ts";

export interface HttpControlPlaneOptions {
  /** Root of the control plane, e.g. https://control.example. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Gives a valid Entra ID access token; undefined sends none. Asked before every call, so it should cache. */
  readonly bearerToken?: () => Promise<string | undefined>;
  /** Deadline of one call. Default 15 s: the call only accepts work, it never waits for its end. */
  readonly timeoutMs?: number;
}

const PATHS = {
  takeOffline: "take-offline",
  createRestorePoint: "create-restore-point",
  upgrade: "upgrade",
  restore: "restore",
  bringOnline: "bring-online",
} as const satisfies Record<OperationKind, string>;

/** Bounds of how long the caller is told to wait, whatever the header says. */
const RETRY_AFTER = { minMs: 100, maxMs: 300_000, defaultMs: 1_000 } as const;
const MAX_ANSWER_BYTES = 64 * 1024;

const operationSchema = z.object({
  id: z.string(),
  kind: z.enum(OPERATION_KINDS),
  status: z.enum(["Running", "Succeeded", "Failed", "Canceled"]),
  result: z.object({ version: z.string(), restorePointId: z.string().optional() }).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
type Operation = z.infer<typeof operationSchema>;
const statusSchema = z.object({ availability: z.enum(["online", "offline"]), version: z.string() });
const problemSchema = z.object({ code: z.string().max(100), title: z.string(), detail: z.string().optional() });

/** The port on HTTP. Every call is one request; a TransientFailure means ask again with the same operation id. */
export function createHttpControlPlane(options: HttpControlPlaneOptions): ControlPlane {
  const root = rootOf(options.baseUrl);
  const urlOf = (organisationId: string, rest: string): URL =>
    new URL(`${root}/organisations/${encodeURIComponent(organisationId)}${rest}`);

  async function call(method: "GET" | "POST", url: URL, sent: Pick<HttpRequest, "headers" | "body"> = {}) {
    const token = await options.bearerToken?.();
    const response = await options.http.send({
      method,
      url,
      ...sent,
      headers: { accept: "application/json", ...(token && { authorization: `Bearer ${token}` }), ...sent.headers },
      timeoutMs: options.timeoutMs ?? 15_000,
      maxBodyBytes: MAX_ANSWER_BYTES,
    });
    return { response, name: describeRequest(method, url), now: options.clock.now() };
  }

  return {
    begin: async (request) => {
      const answer = await call(
        "POST",
        urlOf(request.organisationId, `/${PATHS[request.action.kind]}`),
        sendable(request),
      );
      return operationStatus(answer, request.operationId, request.action.kind);
    },
    poll: async (organisationId, operationId) => {
      const answer = await call("GET", urlOf(organisationId, `/operations/${encodeURIComponent(operationId)}`));
      if (answer.response.status === 404 && problemOf(answer.response)?.code === "unknownOperation") return undefined;
      return operationStatus(answer, operationId);
    },
    status: async (organisationId): Promise<OrganisationStatus> => {
      const answer = await call("GET", urlOf(organisationId, ""));
      refuseUnlessOk(answer);
      return parseBody(answer.response, statusSchema, answer.name);
    },
  };
}

interface Answer {
  readonly response: HttpResponse;
  readonly name: string;
  readonly now: number;
}

function sendable(request: OperationRequest): Pick<HttpRequest, "headers" | "body"> {
  const { action } = request;
  const body =
    action.kind === "upgrade"
      ? { targetVersion: action.targetVersion }
      : action.kind === "restore"
        ? { restorePointId: action.restorePointId }
        : undefined;
  const headers = {
    "operation-id": request.operationId,
    "operation-sequence": String(request.sequence),
    "operation-scope": request.sequenceScope,
  };
  if (body === undefined) return { headers };
  return { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

function operationStatus(answer: Answer, operationId: string, kind?: OperationKind): OperationStatus {
  refuseUnlessOk(answer);
  const operation = parseBody(answer.response, operationSchema, answer.name);
  // An id that was used for other work would let the caller believe that its own work is done.
  if (operation.id !== operationId || (kind !== undefined && operation.kind !== kind)) {
    throw new PermanentFailure(
      `${answer.name} was answered about operation ${operation.id} (${operation.kind}), asked was ${operationId}.`,
    );
  }
  switch (operation.status) {
    case "Running":
      return { kind: "running", retryAfterMs: waitOf(answer) };
    case "Succeeded":
      return succeeded(operation, answer.name);
    case "Failed":
      return { kind: "failed", reason: reasonOf(operation, "failed without a reason") };
    case "Canceled":
      return { kind: "failed", reason: reasonOf(operation, "canceled by a later operation") };
  }
}

function succeeded({ kind, result }: Operation, name: string): OperationStatus {
  if (result === undefined || (kind === "createRestorePoint" && result.restorePointId === undefined)) {
    throw new PermanentFailure(`${name} was answered with a succeeded ${kind} that lacks its result.`);
  }
  const { version, restorePointId } = result;
  return { kind: "succeeded", version, ...(restorePointId !== undefined && { restorePointId }) };
}

const reasonOf = ({ error }: Operation, otherwise: string): string =>
  error === undefined ? otherwise : `${error.code}: ${error.message}`.slice(0, 300);

function waitOf({ response, now }: Answer): number {
  const asked = retryAfterMsOf({ headers: response.headers, now, maxRetryAfterMs: RETRY_AFTER.maxMs });
  return Math.max(asked ?? RETRY_AFTER.defaultMs, RETRY_AFTER.minMs);
}

function refuseUnlessOk({ response, name, now }: Answer): void {
  if (response.status === 200 || response.status === 202) return;
  const problem = problemOf(response);
  const failure = failureOf(
    name,
    { status: response.status, headers: response.headers, now, maxRetryAfterMs: RETRY_AFTER.maxMs },
    { code: problem?.code, detail: problem?.detail ?? problem?.title },
  );
  if (failure instanceof HttpTrouble) {
    if (failure.retryAfterMs === undefined || failure.retryAfterMs >= RETRY_AFTER.minMs) throw failure;
    throw new HttpTrouble(failure.message, failure.status, RETRY_AFTER.minMs);
  }
  throw new ControlPlaneRefusal(failure.message, problem?.code);
}

function problemOf(response: HttpResponse): z.infer<typeof problemSchema> | undefined {
  const parsed = problemSchema.safeParse(jsonOf(response));
  return parsed.success ? parsed.data : undefined;
}

function rootOf(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new PermanentFailure("The control plane's address must be an absolute http(s) URL.");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
