// What a message may look like, checked the same way by every implementation of Bus before anything is sent.
import { PermanentFailure } from "../../kernel/failures.ts";
import type { OutgoingMessage } from "./bus.ts";
import { cut } from "../../kernel/text.ts";

/** Service Bus: message and session ids. */
const MAX_ID_LENGTH = 128;
/**
 * The Functions host merges the top-level properties of a JSON body into the trigger's metadata, where these names would
 * replace what the broker says.
 */
const RESERVED = new Set(
  [
    ["messageId", "sessionId", "deliveryCount", "correlationId", "subject", "label", "contentType", "replyTo", "to"],
    ["replyToSessionId", "sequenceNumber", "enqueuedTime", "enqueuedTimeUtc", "expiresAt", "expiresAtUtc", "lockToken"],
    [
      "deadLetterSource",
      "applicationProperties",
      "userProperties",
      "partitionKey",
      "transactionPartitionKey",
      "client",
    ],
    ["messageReceiver", "messageSession", "messageActions", "sessionActions", "receiveActions"],
  ]
    .flat()
    .map((name) => name.toLowerCase()),
);

/** Throws PermanentFailure, naming queue and message, for a message that would be refused or misread on the other side. */
export function checkMessage(queue: string, message: OutgoingMessage): void {
  const refuse = (why: string): never => {
    throw new PermanentFailure(`Message ${JSON.stringify(cut(message.messageId, 140))} for queue ${queue}: ${why}`);
  };
  if (message.messageId === "" || message.messageId.length > MAX_ID_LENGTH) {
    refuse(`its id must have 1 to ${MAX_ID_LENGTH} characters, not ${message.messageId.length}.`);
  }
  const { sessionId, scheduledAt, body } = message;
  if (sessionId !== undefined && (sessionId === "" || sessionId.length > MAX_ID_LENGTH)) {
    refuse(`its session id must have 1 to ${MAX_ID_LENGTH} characters, not ${sessionId.length}.`);
  }
  if (scheduledAt !== undefined && !(Math.abs(scheduledAt) <= 8.64e15)) refuse("its scheduled time is no time.");
  if (JSON.stringify(body) === undefined) refuse("its body is no JSON value.");
  if (typeof body !== "object" || body === null || Array.isArray(body)) return;
  const reserved = Object.keys(body).find((name) => RESERVED.has(name.toLowerCase()));
  if (reserved !== undefined) refuse(`its body must not have a property "${reserved}": the trigger's metadata has it.`);
}
