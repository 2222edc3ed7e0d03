// From received messages to what the function gets: the value, and trigger metadata with the real host's names and traps.
// Pure.
import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../rpc.ts";

export interface TriggerValue {
  readonly data: TypedData;
  readonly metadata: Readonly<Record<string, TypedData>>;
  /** For the log. */
  readonly details: string;
}

type Field = readonly [name: string, value: unknown];

/** One message. Its top-level JSON properties are merged into the metadata and overwrite the broker's, as on the real host. */
export function triggerValue(message: ServiceBusReceivedMessage, namespace: string): TriggerValue {
  const body = bodyBytes(message);
  const metadata = new Map<string, TypedData>();
  for (const [name, value] of [...links(namespace), ...fields(message)]) {
    if (value !== undefined) metadata.set(name, typed(value));
  }
  for (const [name, value] of bodyFields(body)) overwrite(metadata, name, value);
  return {
    data: { string: body.toString("utf8") },
    metadata: Object.fromEntries(metadata),
    details: details(message),
  };
}

/** Objects of the SDK that have no content on this side of the wire. */
const links = (namespace: string): Field[] => [
  ...["MessageReceiver", "MessageSession", "MessageActions", "SessionActions", "ReceiveActions"].map(
    (name) => [name, {}] satisfies Field,
  ),
  ["Client", { FullyQualifiedNamespace: namespace, IsClosed: false, TransportType: 0, Identifier: namespace }],
];

function fields(message: ServiceBusReceivedMessage): Field[] {
  const properties = plainProperties(message);
  return [
    // The JavaScript SDK counts earlier deliveries, the real host this one as well.
    ["DeliveryCount", (message.deliveryCount ?? 0) + 1],
    ["DeadLetterSource", message.deadLetterSource],
    ["LockToken", message.lockToken],
    ["ExpiresAtUtc", utcWithoutZone(message.expiresAtUtc)],
    ["ExpiresAt", utcWithOffset(message.expiresAtUtc)],
    ["EnqueuedTimeUtc", utcWithoutZone(message.enqueuedTimeUtc)],
    ["EnqueuedTime", utcWithOffset(message.enqueuedTimeUtc)],
    ["MessageId", textOf(message.messageId)],
    ["ContentType", message.contentType],
    ["ReplyTo", message.replyTo],
    ["SequenceNumber", sequenceNumber(message)],
    ["To", message.to],
    ["Subject", message.subject],
    ["Label", message.subject],
    ["CorrelationId", textOf(message.correlationId)],
    ["ApplicationProperties", properties],
    ["UserProperties", properties],
    ["SessionId", message.sessionId],
    ["ReplyToSessionId", message.replyToSessionId],
    ["PartitionKey", message.partitionKey],
  ];
}

const sequenceNumber = (message: ServiceBusReceivedMessage): number | undefined =>
  message.sequenceNumber === undefined ? undefined : Number(message.sequenceNumber.toString());

/** Ids may be text, number or bytes on the wire; .NET shows them as text. */
function textOf(value: string | number | Buffer | undefined): string | undefined {
  return Buffer.isBuffer(value) ? value.toString("base64") : value?.toString();
}

function plainProperties(message: ServiceBusReceivedMessage): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message.applicationProperties ?? {})) {
    plain[name] = Buffer.isBuffer(value) ? value.toString("base64") : value;
  }
  return plain;
}

/** `2026-11-24T15:37:43.296`, without the zone, as .NET writes a DateTime of no kind. */
const utcWithoutZone = (date: Date | undefined): string | undefined =>
  date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/(?:\.0+|0+)?Z$/u, "");

function utcWithOffset(date: Date | undefined): string | undefined {
  const text = utcWithoutZone(date);
  return text === undefined ? undefined : `${text}+00:00`;
}

/** Texts travel as text, so that the library parses those that look like JSON (an id "123" becomes a number). */
const typed = (value: unknown): TypedData =>
  typeof value === "string" ? { string: value } : { json: JSON.stringify(value) };

function bodyBytes(message: ServiceBusReceivedMessage): Buffer {
  const body: unknown = message.body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body === undefined || body === null) return Buffer.alloc(0);
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

/** Names without case: an existing name keeps its spelling and takes the body's value. */
function overwrite(metadata: Map<string, TypedData>, name: string, value: string): void {
  const wanted = name.toLowerCase();
  const existing = [...metadata.keys()].find((key) => key.toLowerCase() === wanted);
  metadata.set(existing ?? name, { string: value });
}

function bodyFields(body: Buffer): [string, string][] {
  // Cheaper than a failed parse for everything that cannot be an object.
  if (!/^\s*\{/u.test(body.toString("latin1", 0, 64))) return [];
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed !== "object" || parsed === null) return [];
    return Object.entries(parsed).flatMap(([name, value]: [string, unknown]) =>
      Array.isArray(value) ? [] : [[name, dotNetText(value)] satisfies [string, string]],
    );
  } catch {
    return [];
  }
}

/** The text .NET makes of a JSON value: `True`, and dates in the invariant culture's form. */
function dotNetText(value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return dateText(value) ?? value;
  if (value === null || value === undefined) return "";
  return JSON.stringify(value);
}

const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/u;

/** `01/02/2026 03:04:05` of an ISO date; one with an offset is turned to the process's time zone first. */
function dateText(text: string): string | undefined {
  const match = ISO_DATE.exec(text);
  if (match === null) return undefined;
  const zone = match[1];
  const isLocal = zone !== undefined && zone !== "Z";
  const date = new Date(isLocal || zone === "Z" ? text : `${text}Z`);
  if (Number.isNaN(date.getTime())) return undefined;
  const shift = isLocal ? date.getTimezoneOffset() * 60_000 : 0;
  const [day = "", time = ""] = new Date(date.getTime() - shift).toISOString().split("T");
  const [year, month, dayOfMonth] = day.split("-");
  return `${month}/${dayOfMonth}/${year} ${time.slice(0, 8)}`;
}

function details(message: ServiceBusReceivedMessage): string {
  const parts = [
    `MessageId: ${textOf(message.messageId) ?? "(null)"}`,
    `SequenceNumber: ${sequenceNumber(message) ?? 0}`,
    `DeliveryCount: ${(message.deliveryCount ?? 0) + 1}`,
    `EnqueuedTimeUtc: ${message.enqueuedTimeUtc?.toISOString() ?? "(null)"}`,
    `LockedUntilUtc: ${message.lockedUntilUtc?.toISOString() ?? "(null)"}`,
    `SessionId: ${message.sessionId ?? "(null)"}`,
  ];
  return parts.join(", ");
}
