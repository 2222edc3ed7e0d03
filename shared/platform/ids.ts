// Ids come in through this port; nothing else in the product asks for randomness.

import { randomUUID, createHash } from "node:crypto";
import { part } from "../kernel/text.ts";

export interface Ids {
  /** A new UUID. */
  next(): string;
}

export const systemIds: Ids = { next: () => randomUUID() };

/** Version 8 (free form) of RFC 9562 from the first 16 bytes. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 16)).toString("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [part(hex, 0, 8), part(hex, 8, 12), `8${part(hex, 13, 16)}`, variant + part(hex, 17, 20), part(hex, 20)].join(
    "-",
  );
}

/**
 * A UUID (version 8, RFC 9562) of the SHA-256 of a text. Equal texts give equal ids; compose the text of several parts
 * by JSON.stringify, never by a bare delimiter.
 */
export function deterministicId(text: string): string {
  return uuidOf(createHash("sha256").update(text, "utf8").digest());
}
