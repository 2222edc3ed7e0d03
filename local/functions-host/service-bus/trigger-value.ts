// From received messages to what the function gets: the value, and of the trigger metadata what this app reads, with the
// real host's names and its trap: top-level properties of a JSON body overwrite the broker's. Pure.
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../rpc.ts";

export interface TriggerValue {
  readonly data: TypedData;
  readonly metadata: Readonly<Record<string, TypedData>>;
  /** For the log. */
  readonly details: string;
}

export function triggerValue(message: ServiceBusReceivedMessage): TriggerValue {
  const body = bodyText(message.body);
  const { messageId = "(null)", sessionId, sequenceNumber, applicationProperties = {} } = message;
  // The JavaScript SDK counts earlier deliveries, the real host this one as well.
  const deliveryCount = (message.deliveryCount ?? 0) + 1;
  // Texts travel as text, so that the library parses those that look like JSON (an id "123" becomes a number).
  const metadata = new Map<string, TypedData>([
    ["DeliveryCount", { json: String(deliveryCount) }],
    ["MessageId", { string: String(messageId) }],
    ["ApplicationProperties", { json: JSON.stringify(applicationProperties) }],
    ...(sessionId === undefined ? [] : [["SessionId", { string: sessionId }] as const]),
  ]);
  for (const [name, value] of Object.entries(objectOf(body))) {
    // Names have no case: an existing one keeps its spelling and takes the body's value.
    const existing = [...metadata.keys()].find((key) => key.toLowerCase() === name.toLowerCase());
    metadata.set(existing ?? name, { string: typeof value === "string" ? value : JSON.stringify(value) });
  }
  return {
    data: { string: body },
    metadata: Object.fromEntries(metadata),
    details:
      `MessageId: ${String(messageId)}, SequenceNumber: ${sequenceNumber?.toString() ?? 0}, ` +
      `DeliveryCount: ${deliveryCount}, SessionId: ${sessionId ?? "(null)"}`,
  };
}

function bodyText(body: unknown): string {
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  if (body === undefined || body === null) return "";
  return typeof body === "string" ? body : JSON.stringify(body);
}

function objectOf(text: string): object {
  if (!text.trimStart().startsWith("{")) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
