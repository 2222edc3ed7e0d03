// The control plane over HTTP (control-plane.openapi.yaml).

import { defined } from "../../kernel/defined.ts";
import { z } from "zod";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { oneOf, optional, optionalText, requiredText } from "../../kernel/foreign.ts";
import { foreignText } from "../../kernel/foreign-text.ts";
import { reportedVersion } from "../../kernel/version.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../platform/http-client/http-client.ts";
import { describeRequest, failureOf, HttpTrouble, retryAfterMsOf } from "../../platform/http-client/http-failures.ts";
import {
  ControlPlaneRefusal,
  OPERATION_KINDS,
  type ControlPlane,
  type OperationKind,
  type OperationRequest,
  type OperationStatus,
  type OrganisationStatus,
} from "./control-plane.ts";
import { jsonOf, parseBody } from "../json-body.ts";

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
/** Far more than any answer needs: a long error text must not be what makes an answer unreadable. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_REASON = 300;
/** Ids are never cut to what a message needs: they are sent back. */
const LONGEST_ID = 20_000;

const operationSchema = z.object({
  id: requiredText(),
  kind: oneOf(OPERATION_KINDS),
  status: optionalText(),
  result: optional(z.object({ version: reportedVersion(), restorePointId: optionalText(LONGEST_ID) })),
  error: optional(z.union([z.string(), z.object({ code: optionalText(), message: optionalText() })])),
});
type Operation = z.infer<typeof operationSchema>;
const statusSchema = z.object({ availability: oneOf(["online", "offline"]), version: reportedVersion() });
const problemSchema = z.object({ code: optionalText(100), title: optionalText(), detail: optionalText() });

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
      const { availability, version } = parseBody(answer.response, statusSchema, answer.name);
      // Neither may be guessed: the one would end an upgrade too early, the other restore under working customers.
      if (availability === undefined) throw new TransientFailure(`${answer.name} says neither online nor offline.`);
      return { availability, version };
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
  const isOther = operation.kind !== undefined && kind !== undefined && operation.kind !== kind;
  if (operation.id !== operationId || isOther) {
    throw new PermanentFailure(
      `${answer.name} was answered about operation ${foreignText(operation.id, 200)} (${operation.kind}), asked was ${operationId}.`,
    );
  }
  switch (operation.status?.toLowerCase()) {
    case "succeeded":
      return succeeded(operation, answer.name);
    case "failed":
      return { kind: "failed", reason: reasonOf(operation, "failed without a reason") };
    case "canceled":
    case "cancelled":
      return { kind: "failed", reason: reasonOf(operation, "canceled by a later operation") };
    default:
      // Running, or a status that is new: it has not ended, and the step's deadline bounds how long it is looked at.
      return { kind: "running", retryAfterMs: waitOf(answer) };
  }
}

function succeeded({ kind, result }: Operation, name: string): OperationStatus {
  if (result === undefined || (kind === "createRestorePoint" && result.restorePointId === undefined)) {
    throw new PermanentFailure(`${name} was answered with a succeeded ${kind} that lacks its result.`);
  }
  const { version, restorePointId } = result;
  return { kind: "succeeded", version, ...defined({ restorePointId }) };
}

function reasonOf({ error }: Operation, otherwise: string): string {
  const parts = typeof error === "string" ? [error] : [error?.code, error?.message];
  return foreignText(
    parts
      .filter((part) => part !== undefined)
      .join(": ")
      .trim() || otherwise,
    MAX_REASON,
  );
}

function waitOf({ response, now }: Answer): number {
  const asked = retryAfterMsOf({ headers: response.headers, now, maxRetryAfterMs: RETRY_AFTER.maxMs });
  return Math.max(asked ?? RETRY_AFTER.defaultMs, RETRY_AFTER.minMs);
}

function refuseUnlessOk({ response, name, now }: Answer): void {
  if (response.status >= 200 && response.status < 300) return;
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
