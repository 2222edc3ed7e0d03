// Binary form of the journal. A frame holds the records of one command, so a command is on disk whole or not at all:
//   magic u32 | payload length u32 | crc32 of length and payload u32 | payload
//   payload = records; a record = meta length u32 | blob length u32 | meta (JSON) | blob
import { crc32 } from "node:zlib";
import type { EngineRecord, PutRecord } from "../engine/records.ts";
import type { Properties, PropertyValue } from "../engine/types.ts";

export const FRAME_MAGIC = 0x5342_4652;
export const FRAME_HEADER_BYTES = 12;
const RECORD_HEADER_BYTES = 8;

const EMPTY = new Uint8Array(0);

type StoredValue = string | { readonly base64: string };
type StoredProperties = readonly (readonly [string, StoredValue])[];

type StoredPut = Omit<PutRecord, "added" | "content" | "ttlMs"> & {
  readonly ttlMs: number | null;
  readonly added: StoredProperties;
  readonly durable: boolean;
  readonly priority: number | undefined;
  readonly annotationBytes: number;
};
type Move = Extract<EngineRecord, { kind: "move" }>;
type StoredMove = Omit<Move, "added" | "ttlMs"> & { readonly ttlMs: number | null; readonly added: StoredProperties };
type Return = Extract<EngineRecord, { kind: "return" }>;
type StoredReturn = Omit<Return, "added"> & { readonly added: StoredProperties };
type StoredState = {
  readonly kind: "sessionState";
  readonly queue: string;
  readonly sessionId: string;
  readonly set: boolean;
};
type Plain = Exclude<EngineRecord, { kind: "put" | "move" | "return" | "sessionState" }>;
type StoredMeta = StoredPut | StoredMove | StoredReturn | StoredState | Plain;

const storeValue = (value: PropertyValue): StoredValue =>
  typeof value === "string" ? value : { base64: Buffer.from(value).toString("base64") };

const storeProperties = (properties: Properties): StoredProperties =>
  [...properties].map(([key, value]) => [key, storeValue(value)] as const);

const loadProperties = (stored: StoredProperties): Properties =>
  new Map(stored.map(([key, value]) => [key, typeof value === "string" ? value : Buffer.from(value.base64, "base64")]));

/** JSON has no infinity; null stands for it. */
const storeTtl = (ttlMs: number): number | null => (Number.isFinite(ttlMs) ? ttlMs : null);
const loadTtl = (stored: number | null): number => stored ?? Number.POSITIVE_INFINITY;

function split(entry: EngineRecord): { readonly meta: StoredMeta; readonly blobs: readonly Uint8Array[] } {
  switch (entry.kind) {
    case "put": {
      const { content, added, ttlMs, ...rest } = entry;
      const { durable, priority, annotations, payload } = content;
      const annotationBytes = annotations.byteLength;
      const stored = { ttlMs: storeTtl(ttlMs), added: storeProperties(added), durable, priority, annotationBytes };
      return { meta: { ...rest, ...stored }, blobs: [annotations, payload] };
    }
    case "move": {
      const { added, ttlMs, ...rest } = entry;
      return { meta: { ...rest, ttlMs: storeTtl(ttlMs), added: storeProperties(added) }, blobs: [] };
    }
    case "return":
      return { meta: { ...entry, added: storeProperties(entry.added) }, blobs: [] };
    case "sessionState": {
      const { kind, queue, sessionId, state } = entry;
      return { meta: { kind, queue, sessionId, set: state !== undefined }, blobs: state === undefined ? [] : [state] };
    }
    case "remove":
    case "lock":
    case "seen":
    case "sequence":
      return { meta: entry, blobs: [] };
  }
}

function join(meta: StoredMeta, blob: Buffer): EngineRecord {
  switch (meta.kind) {
    case "put": {
      const { durable, priority, annotationBytes, ttlMs, added, ...rest } = meta;
      const content = {
        durable,
        priority,
        annotations: blob.subarray(0, annotationBytes),
        payload: blob.subarray(annotationBytes),
      };
      return {
        ...rest,
        sessionId: rest.sessionId,
        scheduledAt: rest.scheduledAt,
        ttlMs: loadTtl(ttlMs),
        added: loadProperties(added),
        content,
      };
    }
    case "move":
      return { ...meta, ttlMs: loadTtl(meta.ttlMs), added: loadProperties(meta.added) };
    case "return":
      return { ...meta, added: loadProperties(meta.added) };
    case "sessionState": {
      const { kind, queue, sessionId, set } = meta;
      return { kind, queue, sessionId, state: set ? blob : undefined };
    }
    case "remove":
    case "lock":
    case "seen":
    case "sequence":
      return meta;
  }
}

/** Boundary: the text passed its checksum and the file its version, so it is what `encodeFrame` wrote. */
const parseMeta = (text: string): StoredMeta => JSON.parse(text) as StoredMeta;

const checksum = (length: Buffer, payload: Buffer): number => crc32(payload, crc32(length));

/** One frame with the given records. */
export function encodeFrame(records: readonly EngineRecord[]): Buffer {
  const parts = records.map((entry) => {
    const { meta, blobs } = split(entry);
    const [first, second] = blobs;
    return { meta: Buffer.from(JSON.stringify(meta)), first: first ?? EMPTY, second: second ?? EMPTY };
  });
  let length = 0;
  for (const part of parts) {
    length += RECORD_HEADER_BYTES + part.meta.byteLength + part.first.byteLength + part.second.byteLength;
  }
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  frame.writeUInt32BE(FRAME_MAGIC, 0);
  frame.writeUInt32BE(length, 4);
  let at = FRAME_HEADER_BYTES;
  for (const { meta, first, second } of parts) {
    at = frame.writeUInt32BE(meta.byteLength, at);
    at = frame.writeUInt32BE(first.byteLength + second.byteLength, at);
    for (const bytes of [meta, first, second]) {
      frame.set(bytes, at);
      at += bytes.byteLength;
    }
  }
  frame.writeUInt32BE(checksum(frame.subarray(4, 8), frame.subarray(FRAME_HEADER_BYTES)), 8);
  return frame;
}

/** Records of a payload. The buffers of the records are copies, so that the file's buffer can go. */
function decodePayload(payload: Buffer): EngineRecord[] {
  const records: EngineRecord[] = [];
  let at = 0;
  while (at < payload.byteLength) {
    const blobAt = at + RECORD_HEADER_BYTES + payload.readUInt32BE(at);
    const end = blobAt + payload.readUInt32BE(at + 4);
    const meta = parseMeta(payload.toString("utf8", at + RECORD_HEADER_BYTES, blobAt));
    records.push(join(meta, Buffer.from(payload.subarray(blobAt, end))));
    at = end;
  }
  return records;
}

export type FrameRead =
  | { readonly kind: "frame"; readonly records: readonly EngineRecord[]; readonly end: number }
  | { readonly kind: "bad" };

/** Reads the frame that starts at `at`; `bad` when there is no whole, intact one. */
export function readFrame(file: Buffer, at: number): FrameRead {
  if (at + FRAME_HEADER_BYTES > file.byteLength || file.readUInt32BE(at) !== FRAME_MAGIC) return { kind: "bad" };
  const end = at + FRAME_HEADER_BYTES + file.readUInt32BE(at + 4);
  if (end > file.byteLength) return { kind: "bad" };
  const payload = file.subarray(at + FRAME_HEADER_BYTES, end);
  if (checksum(file.subarray(at + 4, at + 8), payload) !== file.readUInt32BE(at + 8)) return { kind: "bad" };
  return { kind: "frame", records: decodePayload(payload), end };
}

/** Whether an intact frame begins anywhere after `from`: then what is broken at `from` is damage, not a torn end. */
export function hasFrameAfter(file: Buffer, from: number): boolean {
  const magic = Buffer.alloc(4);
  magic.writeUInt32BE(FRAME_MAGIC);
  for (let at = file.indexOf(magic, from + 1); at !== -1; at = file.indexOf(magic, at + 1)) {
    if (readFrame(file, at).kind === "frame") return true;
  }
  return false;
}
