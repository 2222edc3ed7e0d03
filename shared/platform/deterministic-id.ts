// Ids that follow from what they stand for, so that whatever comes twice carries the same id.
import { createHash } from "node:crypto";
import { uuidOf } from "./ids.ts";

/**
 * A UUID (version 8, RFC 9562) of the SHA-256 of a text. Equal texts give equal ids; compose the text of several parts
 * by JSON.stringify, never by a bare delimiter.
 */
export function deterministicId(text: string): string {
  return uuidOf(createHash("sha256").update(text, "utf8").digest());
}
