// Request and response: puts tokens ($cbs) and runs management requests, and answers each exactly once.
import type { Receiver } from "rhea";
import type { Queue } from "../engine/types.ts";
import type { Context } from "./context.ts";
import { manage, type Outcome } from "./management.ts";
import type { Peer } from "./peer.ts";
import { verifySas } from "./sas.ts";
import { int, readRequest, symbol, textOf, writeReply, type Request } from "./values.ts";

/** Answers a put-token request. */
export function answerToken(context: Context, peer: Peer, link: Receiver, bytes: Buffer, authorized: () => void): void {
  const request = readRequest(bytes);
  const operation = textOf(request.applicationProperties.get("operation"));
  const type = textOf(request.applicationProperties.get("type")) ?? "";
  let status: { readonly code: number; readonly description: string };
  if (operation !== "put-token") status = { code: 400, description: "Only put-token is known at $cbs." };
  else if (!type.endsWith(":sastoken"))
    status = { code: 401, description: `Tokens of type '${type}' are not accepted.` };
  else {
    const verdict = verifySas(textOf(request.body) ?? "", context.key, context.now());
    if (verdict.ok) {
      peer.authorizedUntil = Math.max(peer.authorizedUntil, verdict.value);
      authorized();
      status = { code: 202, description: "Accepted" };
    } else status = { code: 401, description: verdict.error };
  }
  if (request.replyTo === undefined) return;
  const reply = writeReply({
    correlationId: request.messageId,
    applicationProperties: {
      "status-code": int(status.code),
      "status-description": status.description,
      ...(status.code === 401 ? { "error-condition": symbol("amqp:unauthorized-access") } : {}),
    },
    body: null,
  });
  peer.reply(link, request.replyTo, reply);
}

function replyOf(request: Request, outcome: Outcome): Buffer {
  const trackingId = textOf(request.applicationProperties.get("com.microsoft:tracking-id"));
  return writeReply({
    correlationId: request.messageId,
    applicationProperties: {
      statusCode: int(outcome.status),
      statusDescription: outcome.description,
      ...(outcome.condition === undefined ? {} : { errorCondition: symbol(outcome.condition) }),
      ...(trackingId === undefined ? {} : { "com.microsoft:tracking-id": trackingId }),
    },
    body: outcome.body,
  });
}

/** Runs a management request for `queue`; the answer leaves when what it promises is durable. */
export function answerManagement(context: Context, peer: Peer, link: Receiver, queue: Queue, bytes: Buffer): void {
  queue.counters.managementRequests += 1;
  const request = readRequest(bytes);
  const outcome = manage(context, queue, request);
  const { replyTo } = request;
  if (replyTo === undefined) return;
  context.hub.whenDurable(() => {
    if (link.session.is_open()) peer.reply(link, replyTo, replyOf(request, outcome));
  });
}
