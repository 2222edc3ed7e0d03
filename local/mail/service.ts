// The e-mail REST API of Azure Communication Services, as far as @azure/communication-email speaks it:
// POST /emails:send and GET /emails/operations/{id}, with the service's error shapes.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson, readBody, sendJson } from "../support/http-server.ts";
import { isSigned } from "./access-key.ts";
import type { Faults } from "./faults.ts";
import type { MailStore, MailSummary } from "./mail-store.ts";
import { parseMessage, recipientsOf } from "./message.ts";
import { waitForQuota, type Quota } from "./quota.ts";
import type { Reports } from "./reports.ts";

/** The service's limit for one request, attachments included. */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

export interface MailServiceOptions {
  readonly store: MailStore;
  readonly faults: Faults;
  readonly accessKey: string;
  readonly quota: Quota | undefined;
  /** How long an accepted mail is `Running` before its operation ends. */
  readonly processingMs: number;
  /** Where lost mails are reported; undefined when nobody listens. */
  readonly reports: Reports | undefined;
  readonly now: () => number;
  readonly url: () => string;
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

/** Answers the paths of the REST API; the caller routes only those here. */
export function createMailService(options: MailServiceOptions): Handler {
  const accepted = options.store
    .list()
    .map((mail) => Date.parse(mail.acceptedAt))
    .sort((a, b) => a - b);
  return async (request, response, url) => {
    const body = await readBody(request, MAX_REQUEST_BYTES);
    if (!isSigned(request, body, options.accessKey, options.now())) {
      return sendError(response, 401, "Denied", "Denied by the resource provider.");
    }
    if (!/^\d{4}-\d\d-\d\d(?:-preview)?$/u.test(url.searchParams.get("api-version") ?? "")) {
      return sendError(response, 400, "MissingApiVersionParameter", "The query parameter api-version is required.");
    }
    if (url.pathname === "/emails:send" && request.method === "POST") {
      return send(request, response, body, accepted, options);
    }
    const id = /^\/emails\/operations\/([^/]+)$/u.exec(url.pathname)?.[1];
    const mail = id === undefined || request.method !== "GET" ? undefined : options.store.summary(id.toLowerCase());
    if (mail === undefined) return sendError(response, 404, "NotFound", "The operation was not found.");
    sendStatus(response, 200, mail, options);
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  accepted: number[],
  { store, faults, quota, now, url, processingMs, reports }: MailServiceOptions,
): void {
  const operationId = String(request.headers["operation-id"] ?? randomUUID()).toLowerCase();
  if (!UUID.test(operationId)) return sendError(response, 400, "BadRequest", "The header Operation-Id must be a UUID.");
  const throttled = faults.takeThrottle();
  if (throttled !== undefined) return sendTooMany(response, throttled.retryAfterSeconds);
  const answer = (mail: MailSummary): void => {
    response.setHeader("Operation-Location", `${url()}/emails/operations/${operationId}?api-version=2025-09-01`);
    sendStatus(response, 202, mail, { now, processingMs });
  };
  // A repeat under the same id is the same mail: answered like the first time, delivered once.
  const before = store.summary(operationId);
  if (before !== undefined) return answer(before);
  const message = parseMessage(parseJson(body));
  if (!message.ok) {
    return sendError(response, 400, "BadRequest", `Request body validation error. See property '${message.error}'`);
  }
  const waitMs = quota === undefined ? 0 : waitForQuota(accepted, quota, now());
  if (waitMs > 0) return sendTooMany(response, Math.ceil(waitMs / 1000));
  const failure = faults.takeFailure(recipientsOf(message.value));
  const mail = store.add(
    operationId,
    message.value,
    now(),
    failure === undefined ? undefined : { code: failure.code, message: failure.message },
  );
  accepted.push(now());
  if (quota !== undefined && accepted.length > quota.perHour) accepted.splice(0, accepted.length - quota.perHour);
  answer(mail);
  if (failure !== undefined) return;
  for (const { address, status } of faults.takeBounces(recipientsOf(message.value))) {
    reports?.send({ operationId, sender: message.value.senderAddress, recipient: address, status, at: now() });
  }
}

/** `Running` for a moment after acceptance, then the end; computed from the stored time, so a restart changes nothing. */
export function statusOf(mail: MailSummary, processingMs: number, now: number): "Running" | "Succeeded" | "Failed" {
  if (now < Date.parse(mail.acceptedAt) + processingMs) return "Running";
  return mail.failure === undefined ? "Succeeded" : "Failed";
}

function sendStatus(
  response: ServerResponse,
  httpStatus: number,
  mail: MailSummary,
  { now, processingMs }: { readonly now: () => number; readonly processingMs: number },
): void {
  const status = statusOf(mail, processingMs, now());
  const error = status === "Failed" ? (mail.failure ?? null) : null;
  const headers: Record<string, string> = status === "Running" ? { "Retry-After": "1" } : {};
  sendJson(response, httpStatus, { id: mail.operationId, status, error }, headers);
}

function sendTooMany(response: ServerResponse, seconds: number): void {
  response.setHeader("Retry-After", String(seconds));
  sendError(response, 429, "TooManyRequests", `Too many requests. Try again in ${seconds} seconds.`);
}

/** The error shape of Communication Services. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { error: { code, message } }, { "x-ms-error-code": code });
}
