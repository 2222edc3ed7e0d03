// The little of the AMQP 1.0 type system that is needed to look into an encoded message without rebuilding it.
// Every read is checked against the end of the buffer, so a malformed message ends in MalformedMessage, nothing else.

export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

const malformed = (why: string): MalformedMessage => new MalformedMessage(`The message is not valid AMQP: ${why}.`);

function byteAt(buffer: Buffer, at: number): number {
  const byte = buffer[at];
  if (byte === undefined) throw malformed("it ends too early");
  return byte;
}

function uint32At(buffer: Buffer, at: number): number {
  if (at + 4 > buffer.byteLength) throw malformed("it ends too early");
  return buffer.readUInt32BE(at);
}

const FIXED_WIDTHS = [0, 1, 2, 4, 8, 16] as const;

/** End of the data of a value whose type code is `code` and whose data begin at `at`. */
function dataEnd(buffer: Buffer, code: number, at: number): number {
  const category = code >> 4;
  const fixed = FIXED_WIDTHS[category - 4];
  if (fixed !== undefined) return at + fixed;
  if (category === 0xa || category === 0xc || category === 0xe) return at + 1 + byteAt(buffer, at);
  if (category === 0xb || category === 0xd || category === 0xf) return at + 4 + uint32At(buffer, at);
  throw malformed(`unknown type code 0x${code.toString(16)}`);
}

/** End of the value (with its constructor) that begins at `at`. */
export function valueEnd(buffer: Buffer, at: number): number {
  let start = at;
  // A described value: the descriptor, then the value. Descriptors are never described themselves in practice.
  if (byteAt(buffer, at) === 0) start = valueEnd(buffer, at + 1);
  const end = dataEnd(buffer, byteAt(buffer, start), start + 1);
  if (end > buffer.byteLength) throw malformed("a value is longer than the message");
  return end;
}

export interface Section {
  /** 0x70 header ... 0x78 footer. */
  readonly code: number;
  readonly start: number;
  /** Where the value (after the descriptor) begins. */
  readonly value: number;
  readonly end: number;
}

const SYMBOLIC: Readonly<Record<string, number>> = {
  "amqp:header:list": 0x70,
  "amqp:delivery-annotations:map": 0x71,
  "amqp:message-annotations:map": 0x72,
  "amqp:properties:list": 0x73,
  "amqp:application-properties:map": 0x74,
  "amqp:data:binary": 0x75,
  "amqp:amqp-sequence:list": 0x76,
  "amqp:value:*": 0x77,
  "amqp:amqp-value:*": 0x77,
  "amqp:footer:map": 0x78,
};

/** The section that begins at `start`. */
export function sectionAt(buffer: Buffer, start: number): Section {
  if (byteAt(buffer, start) !== 0) throw malformed("a section without descriptor");
  const value = valueEnd(buffer, start + 1);
  const descriptor = scalarAt(buffer, start + 1);
  const code = typeof descriptor === "string" ? SYMBOLIC[descriptor] : descriptor;
  if (typeof code !== "number") throw malformed("a section with an unknown descriptor");
  return { code, start, value, end: valueEnd(buffer, value) };
}

export type Scalar = string | number | boolean | Buffer | undefined;

/** The scalar that begins at `at`; undefined for null. Compound values and decimals come back as their bytes. */
export function scalarAt(buffer: Buffer, at: number): Scalar {
  const code = byteAt(buffer, at);
  const end = valueEnd(buffer, at);
  const data = at + 1;
  switch (code) {
    case 0x40:
      return undefined;
    case 0x41:
      return true;
    case 0x42:
      return false;
    case 0x43:
    case 0x44:
      return 0;
    case 0x50:
    case 0x52:
    case 0x53:
      return buffer.readUInt8(data);
    case 0x51:
    case 0x54:
    case 0x55:
      return buffer.readInt8(data);
    case 0x56:
      return buffer.readUInt8(data) === 1;
    case 0x60:
      return buffer.readUInt16BE(data);
    case 0x61:
      return buffer.readInt16BE(data);
    case 0x70:
      return buffer.readUInt32BE(data);
    case 0x71:
      return buffer.readInt32BE(data);
    case 0x80:
      return Number(buffer.readBigUInt64BE(data));
    case 0x81:
    case 0x83:
      return Number(buffer.readBigInt64BE(data));
    case 0xa1:
    case 0xa3:
      return buffer.toString("utf8", data + 1, end);
    case 0xb1:
    case 0xb3:
      return buffer.toString("utf8", data + 4, end);
    case 0xa0:
      return buffer.subarray(data + 1, end);
    case 0xb0:
      return buffer.subarray(data + 4, end);
    default:
      return buffer.subarray(data, end);
  }
}

/** Start positions of the items of a list or map value, with the end as last element. */
export function itemsAt(buffer: Buffer, at: number): readonly number[] {
  const code = byteAt(buffer, at);
  const end = valueEnd(buffer, at);
  if (code === 0x45) return [end];
  const wide = code === 0xd0 || code === 0xd1;
  if (!wide && code !== 0xc0 && code !== 0xc1) throw malformed("a list or map was expected");
  const count = wide ? uint32At(buffer, at + 5) : byteAt(buffer, at + 2);
  let position = at + (wide ? 9 : 3);
  const starts = [position];
  for (let item = 0; item < count; item += 1) {
    position = valueEnd(buffer, position);
    if (position > end) throw malformed("a list or map is longer than it says");
    starts.push(position);
  }
  return starts;
}

/** An encoded string (also usable as symbol with `code` 0xa3). */
export function encodeText(text: string, code: 0xa1 | 0xa3 = 0xa1): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.byteLength <= 255) return Buffer.concat([Buffer.of(code, bytes.byteLength), bytes]);
  const head = Buffer.alloc(5);
  head.writeUInt8(code + 0x10, 0);
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

/** A described list or map (code 0xd0, 0xd1) of the given encoded items. */
export function encodeCompound(section: number, code: 0xd0 | 0xd1, items: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(items);
  const head = Buffer.alloc(12);
  head.set([0x00, 0x53, section, code]);
  head.writeUInt32BE(body.byteLength + 4, 4);
  head.writeUInt32BE(items.length, 8);
  return Buffer.concat([head, body]);
}
