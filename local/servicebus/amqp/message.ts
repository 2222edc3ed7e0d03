// Messages between their encoded form and the engine's. The bytes of properties, application properties, body and
// footer are kept as the sender encoded them (a decode and encode would change number types that .NET clients see);
// only header and message annotations are written anew for each delivery.
import type { Properties } from "../engine/records.ts";
import type { IncomingMessage, Message } from "../engine/types.ts";
import {
  encodeCompound,
  encodeText,
  itemsAt,
  MalformedMessage,
  scalarAt,
  sectionAt,
  valueEnd,
  type Section,
} from "./wire.ts";

const HEADER = 0x70;
const MESSAGE_ANNOTATIONS = 0x72;
const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;

const SCHEDULED_AT = "x-opt-scheduled-enqueue-time";
/** Annotations that the broker alone decides; what a sender puts there (a forwarded copy, say) is dropped. */
const BROKER_ANNOTATIONS = new Set([
  "x-opt-sequence-number",
  "x-opt-enqueue-sequence-number",
  "x-opt-enqueued-time",
  "x-opt-locked-until",
  "x-opt-deadletter-source",
  "x-opt-message-state",
]);

interface Annotations {
  readonly scheduledAt: number | undefined;
  readonly pairs: Buffer;
}

const NO_ANNOTATIONS: Annotations = { scheduledAt: undefined, pairs: Buffer.alloc(0) };

function readAnnotations(buffer: Buffer, section: Section): Annotations {
  const starts = itemsAt(buffer, section.value);
  const kept: Buffer[] = [];
  let scheduledAt: number | undefined;
  for (let item = 0; item + 2 < starts.length; item += 2) {
    const [key, value, end] = [starts[item] ?? 0, starts[item + 1] ?? 0, starts[item + 2] ?? 0];
    const name = scalarAt(buffer, key);
    if (typeof name === "string" && BROKER_ANNOTATIONS.has(name)) continue;
    if (name === SCHEDULED_AT) {
      const time = scalarAt(buffer, value);
      if (typeof time === "number") scheduledAt = time;
    }
    kept.push(buffer.subarray(key, end));
  }
  return { scheduledAt, pairs: Buffer.concat(kept) };
}

const numberOrNone = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

interface Header {
  readonly durable: boolean;
  readonly priority: number | undefined;
  readonly ttlMs: number | undefined;
}

function readHeader(buffer: Buffer, section: Section): Header {
  const starts = itemsAt(buffer, section.value);
  const field = (index: number): unknown =>
    index + 1 < starts.length ? scalarAt(buffer, starts[index] ?? 0) : undefined;
  return { durable: field(0) === true, priority: numberOrNone(field(1)), ttlMs: numberOrNone(field(2)) };
}

/** Text form of a message id. Numbers and binary ids get a prefix, so that they never equal a text id. */
function idText(id: unknown): string | undefined {
  if (typeof id === "string") return id;
  if (typeof id === "number") return `#${id}`;
  return Buffer.isBuffer(id) ? `0x${id.toString("hex")}` : undefined;
}

interface Identity {
  readonly messageId: string | undefined;
  readonly sessionId: string | undefined;
}

const GROUP_ID_FIELD = 10;

function readIdentity(buffer: Buffer, section: Section): Identity {
  const starts = itemsAt(buffer, section.value);
  const group = starts.length > GROUP_ID_FIELD + 1 ? scalarAt(buffer, starts[GROUP_ID_FIELD] ?? 0) : undefined;
  const id = starts.length > 1 ? idText(scalarAt(buffer, starts[0] ?? 0)) : undefined;
  return { messageId: id === "" ? undefined : id, sessionId: typeof group === "string" ? group : undefined };
}

/** The payload with a message id put into its properties (which are created when missing). */
function withMessageId(payload: Buffer, properties: Section | undefined, messageId: string): Buffer {
  const id = encodeText(messageId);
  if (properties === undefined) return Buffer.concat([encodeCompound(PROPERTIES, 0xd0, [id]), payload]);
  const starts = itemsAt(payload, properties.value);
  const others = starts.slice(1, -1).map((start, index) => payload.subarray(start, starts[index + 2]));
  return Buffer.concat([encodeCompound(PROPERTIES, 0xd0, [id, ...others]), payload.subarray(properties.end)]);
}

/** Reads one encoded message. `newId` names messages that came without id, as the service does. */
export function readMessage(buffer: Buffer, newId: () => string): IncomingMessage {
  let header: Header = { durable: false, priority: undefined, ttlMs: undefined };
  let annotations = NO_ANNOTATIONS;
  let at = 0;
  let section = at < buffer.byteLength ? sectionAt(buffer, at) : undefined;
  while (section !== undefined && section.code < PROPERTIES) {
    if (section.code === HEADER) header = readHeader(buffer, section);
    if (section.code === MESSAGE_ANNOTATIONS) annotations = readAnnotations(buffer, section);
    at = section.end;
    section = at < buffer.byteLength ? sectionAt(buffer, at) : undefined;
  }
  // A copy: the received buffer may be a small piece of a large one that would stay in memory with it.
  let payload: Buffer = Buffer.from(buffer.subarray(at));
  for (let next = 0; next < payload.byteLength; next = sectionAt(payload, next).end);
  const properties = section?.code === PROPERTIES ? sectionAt(payload, 0) : undefined;
  const identity = properties === undefined ? undefined : readIdentity(payload, properties);
  const messageId = identity?.messageId ?? newId();
  if (identity?.messageId === undefined) payload = withMessageId(payload, properties, messageId);
  return {
    messageId,
    sessionId: identity?.sessionId,
    ttlMs: header.ttlMs,
    scheduledAt: annotations.scheduledAt,
    content: { durable: header.durable, priority: header.priority, annotations: annotations.pairs, payload },
  };
}

/** Messages of a batch transfer (format 0x80013700): each data section holds one encoded message. */
export function readBatch(buffer: Buffer, newId: () => string): readonly IncomingMessage[] {
  const messages: IncomingMessage[] = [];
  for (let at = 0; at < buffer.byteLength;) {
    const section = sectionAt(buffer, at);
    at = section.end;
    if (section.code !== DATA) continue;
    const data = scalarAt(buffer, section.value);
    if (!Buffer.isBuffer(data)) throw new MalformedMessage("A batch holds a section that is not binary.");
    messages.push(readMessage(data, newId));
  }
  return messages;
}

/** The payload with `added` merged into its application properties. */
function withProperties(payload: Buffer, added: Properties): Buffer {
  if (added.size === 0) return payload;
  let insertAt = 0;
  let rest = 0;
  const items: Uint8Array[] = [];
  for (let at = 0; at < payload.byteLength;) {
    const section = sectionAt(payload, at);
    if (section.code > APPLICATION_PROPERTIES) break;
    at = section.end;
    rest = section.end;
    if (section.code === PROPERTIES) {
      insertAt = section.end;
      continue;
    }
    const starts = itemsAt(payload, section.value);
    for (let item = 0; item + 2 < starts.length; item += 2) {
      const key = scalarAt(payload, starts[item] ?? 0);
      if (typeof key === "string" && added.has(key)) continue;
      items.push(
        payload.subarray(starts[item], starts[item + 1]),
        payload.subarray(starts[item + 1], starts[item + 2]),
      );
    }
  }
  for (const [key, value] of added) items.push(encodeText(key), encodeText(value));
  const section = encodeCompound(APPLICATION_PROPERTIES, 0xd1, items);
  return Buffer.concat([payload.subarray(0, insertAt), section, payload.subarray(rest)]);
}

const key = (name: string): Buffer => encodeText(name, 0xa3);
const KEYS = {
  sequence: key("x-opt-sequence-number"),
  enqueuedSequence: key("x-opt-enqueue-sequence-number"),
  enqueuedAt: key("x-opt-enqueued-time"),
  lockedUntil: key("x-opt-locked-until"),
  state: key("x-opt-message-state"),
} as const;

const STATES = { ready: 0, locked: 0, gone: 0, scheduled: 2 } as const;

/** Longest header and fixed annotations; the sender's annotations come on top. */
const SCRATCH_BYTES = 512;
const MAX_UINT = 0xffff_ffff;

function writeHeader(out: Buffer, message: Message): number {
  const { durable, priority } = message.content;
  out.set([0x00, 0x53, HEADER, 0xc0, 0, 5, durable ? 0x41 : 0x42]);
  let at = 7;
  if (priority === undefined) at = out.writeUInt8(0x40, at);
  else at = out.writeUInt8(priority, out.writeUInt8(0x50, at));
  if (message.ttlMs > MAX_UINT) at = out.writeUInt8(0x40, at);
  else at = out.writeUInt32BE(message.ttlMs, out.writeUInt8(0x70, at));
  at = out.writeUInt8(0x42, at);
  at = out.writeUInt32BE(message.deliveryCount, out.writeUInt8(0x70, at));
  out[4] = at - 5;
  return at;
}

function writeLong(out: Buffer, at: number, name: Buffer, code: 0x81 | 0x83, value: number): number {
  out.set(name, at);
  const data = out.writeUInt8(code, at + name.byteLength);
  return out.writeBigInt64BE(BigInt(Math.trunc(value)), data);
}

/** The message as a client sees it. */
export function writeMessage(message: Message, lockedUntil: number | undefined): Buffer {
  const { annotations } = message.content;
  const payload = withProperties(asBuffer(message.content.payload), message.added);
  const out = Buffer.allocUnsafe(SCRATCH_BYTES + annotations.byteLength + payload.byteLength);
  const map = writeHeader(out, message);
  out.set([0x00, 0x53, MESSAGE_ANNOTATIONS, 0xd1], map);
  let at = map + 12;
  let items = 8;
  at = writeLong(out, at, KEYS.sequence, 0x81, message.sequence);
  at = writeLong(out, at, KEYS.enqueuedSequence, 0x81, message.enqueuedSequence);
  at = writeLong(out, at, KEYS.enqueuedAt, 0x83, message.enqueuedAt);
  out.set(KEYS.state, at);
  at = out.writeUInt8(0x71, at + KEYS.state.byteLength);
  at = out.writeInt32BE(STATES[message.state], at);
  if (lockedUntil !== undefined) {
    at = writeLong(out, at, KEYS.lockedUntil, 0x83, lockedUntil);
    items += 2;
  }
  out.set(annotations, at);
  at += annotations.byteLength;
  items += countValues(asBuffer(annotations));
  out.writeUInt32BE(at - map - 8, map + 4);
  out.writeUInt32BE(items, map + 8);
  out.set(payload, at);
  return out.subarray(0, at + payload.byteLength);
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function countValues(buffer: Buffer): number {
  let count = 0;
  for (let at = 0; at < buffer.byteLength; at = valueEnd(buffer, at)) count += 1;
  return count;
}
