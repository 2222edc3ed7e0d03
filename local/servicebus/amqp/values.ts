// Reading and making typed AMQP values for requests, replies and outcomes. Types are kept: what a client sent as int
// or as uuid is given back as such.
import rhea, { type Typed } from "rhea";

const { types } = rhea;
export type { Typed };

const TYPE = { null: 0x40, timestamp: 0x83, long: 0x81 } as const;

/** Boundary: rhea's reader puts typed elements into lists and maps, and plain values or buffers into scalars. */
const inner = (typed: Typed): unknown => typed.value as unknown;
const elements = (typed: Typed): readonly unknown[] => {
  const value = inner(typed);
  return Array.isArray(value) ? value : [];
};

const isTyped = (value: unknown): value is Typed =>
  typeof value === "object" && value !== null && "type" in value && "value" in value;

export type Fields = ReadonlyMap<string, Typed>;

/** Entries of a map with text keys. */
export function fieldsOf(typed: unknown): Fields {
  const fields = new Map<string, Typed>();
  if (!isTyped(typed)) return fields;
  const items = elements(typed);
  for (let at = 0; at + 1 < items.length; at += 2) {
    const [key, value] = [items[at], items[at + 1]];
    if (isTyped(key) && isTyped(value)) fields.set(String(inner(key)), value);
  }
  return fields;
}

export function textOf(typed: unknown): string | undefined {
  const value = isTyped(typed) ? inner(typed) : typed;
  return typeof value === "string" ? value : undefined;
}

/** A number of any width. 64-bit values beyond 2^53 lose their last digits, which only "no limit" values have. */
export function numberOf(typed: unknown): number | undefined {
  const value = isTyped(typed) ? inner(typed) : typed;
  if (typeof value === "number") return value;
  if (value instanceof Date) return value.getTime();
  return Buffer.isBuffer(value) && value.byteLength === 8 ? Number(value.readBigInt64BE()) : undefined;
}

export function bytesOf(typed: unknown): Buffer | undefined {
  const value = isTyped(typed) ? inner(typed) : typed;
  return Buffer.isBuffer(value) ? value : undefined;
}

/** Items of an array or list; a lone value counts as one item. */
export function itemsOf(typed: unknown): readonly unknown[] {
  if (!isTyped(typed) || typed.type.typecode === TYPE.null) return [];
  const value = inner(typed);
  return Array.isArray(value) ? value : [typed];
}

interface RheaReader {
  remaining(): number;
  read(): Typed;
}
// Boundary: the class is a property of rhea's `types` module (lib/types.js) that its typings declare elsewhere.
const { Reader } = types as unknown as {
  readonly Reader: new (buffer: Buffer) => RheaReader;
};

export interface Request {
  readonly messageId: Typed | undefined;
  readonly replyTo: string | undefined;
  readonly applicationProperties: Fields;
  readonly body: Typed | undefined;
}

const descriptorOf = (typed: Typed): number | undefined => numberOf(typed.descriptor);

/** Reads an encoded request message. */
export function readRequest(buffer: Buffer): Request {
  const reader = new Reader(buffer);
  const sections = new Map<number | undefined, Typed>();
  while (reader.remaining() > 0) {
    const section = reader.read();
    sections.set(descriptorOf(section), section);
  }
  const properties = sections.get(0x73);
  return {
    messageId: itemAt(properties, 0),
    replyTo: textOf(itemAt(properties, 4)),
    applicationProperties: fieldsOf(sections.get(0x74)),
    body: sections.get(0x77),
  };
}

export interface Reply {
  readonly correlationId: Typed | undefined;
  readonly applicationProperties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Encodes a reply. Values that are not typed already get rhea's default type. */
export const writeReply = (reply: Reply): Buffer =>
  rhea.message.encode({
    correlation_id: reply.correlationId,
    application_properties: reply.applicationProperties,
    body: reply.body,
  });

export const int = (value: number): Typed => types.wrap_int(value);
export const symbol = (value: string): Typed => types.wrap_symbol(value);
export const timestamp = (value: number): Typed => types.wrap_timestamp(value);
export const binary = (value: Uint8Array): Typed => types.wrap_binary(value);
export const longs = (values: readonly number[]): Typed => types.wrap_array(values, TYPE.long, undefined);
export const timestamps = (values: readonly number[]): Typed => types.wrap_array(values, TYPE.timestamp, undefined);

/** Milliseconds since 1970 as .NET ticks in an AMQP long (the value exceeds 2^53). */
export function ticks(milliseconds: number): Typed {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(milliseconds) * 10_000n + 621_355_968_000_000_000n);
  return types.wrap_long(bytes);
}

/** Fields of an outcome as they came, e.g. the error of `rejected` or the annotations of `modified`. */
export function outcomeField(state: unknown, index: number): Typed | undefined {
  if (typeof state !== "object" || state === null || !("value" in state) || !Array.isArray(state.value))
    return undefined;
  const field: unknown = state.value[index];
  return isTyped(field) ? field : undefined;
}

/** Item of a list value. */
export function itemAt(typed: Typed | undefined, index: number): Typed | undefined {
  const item = typed === undefined ? undefined : elements(typed)[index];
  return isTyped(item) ? item : undefined;
}
