// Opaque positions in lists: a text for the next page that callers hand back unread.
import { PermanentFailure } from "../../kernel/failures.ts";
import { part } from "../../kernel/text.ts";

/** A cursor comes from the caller of the API, so that its refusal is told from other failures. */
export class InvalidCursor extends PermanentFailure {}

const VERSION = "1:";
const BASE64URL = /^[A-Za-z0-9_-]{3,2000}$/;

/** The cursor that stands for a position (any text, e.g. the last key of the page). */
export function encodeCursor(position: string): string {
  return Buffer.from(VERSION + position, "utf8").toString("base64url");
}

/** Inverse of encodeCursor. Throws InvalidCursor for a text that encodeCursor cannot have written. */
export function decodeCursor(cursor: string): string {
  const text = BASE64URL.test(cursor) ? Buffer.from(cursor, "base64url").toString("utf8") : "";
  if (!text.startsWith(VERSION) || encodeCursor(part(text, VERSION.length)) !== cursor) {
    throw new InvalidCursor("The cursor is none that this list gave out. Start again without a cursor.");
  }
  return part(text, VERSION.length);
}
