// The one place where table keys are escaped. Table storage refuses / \ # ? and control characters in keys (and % is
// trouble in clients), so each of them is written as the allowed character just before it plus a suffix, and that
// allowed character takes a lower suffix itself. Therefore escaped keys sort exactly as the plain ones, no escaped
// character is the beginning of another, and a prefix of the plain key is a prefix of the escaped one.
import { PermanentFailure } from "../../kernel/failures.ts";
import { cut, part } from "../../kernel/text.ts";

/** Table storage allows 1 KiB of UTF-16 per key. */
export const MAX_KEY_LENGTH = 512;

// \p{Cc} is exactly U+0000 to U+001F and U+007F to U+009F.
const NEEDS_ESCAPE = /[\p{Cc} "#$%./>?[\\~]/gu;
const ESCAPED = / (?:[01][0-9a-f]|2)|"[01]|\$[01]|\.[01]|>[01]|\[[01]|~(?:1[0-9a-f]{2}|0)/g;
/** A lead or forbidden character that is not part of a whole escape: the text was not written by escapeKey. */
const STRAY = /[\p{Cc} "#$%./>?[\\~]/u;

/** Forbidden character -> the allowed one just before it. Controls use a space and `~` plus their hex code. */
const LEADS: Readonly<Record<string, string>> = { "#": '"', "%": "$", "/": ".", "?": ">", "\\": "[" };
const FORBIDDEN: Readonly<Record<string, string>> = { '"': "#", $: "%", ".": "/", ">": "?", "[": "\\" };

function escapeCharacter(character: string): string {
  const lead = LEADS[character];
  if (lead !== undefined) return `${lead}1`;
  if (FORBIDDEN[character] !== undefined || character === "~") return `${character}0`;
  if (character === " ") return " 2";
  const code = character.charCodeAt(0).toString(16).padStart(2, "0");
  return character < " " ? ` ${code}` : `~1${code}`;
}

function unescapeSequence(sequence: string): string {
  const lead = sequence.charAt(0);
  if (lead === " ") return sequence === " 2" ? " " : String.fromCharCode(Number.parseInt(part(sequence, 1), 16));
  if (lead === "~") return sequence === "~0" ? "~" : String.fromCharCode(Number.parseInt(part(sequence, 2), 16));
  return sequence.endsWith("0") ? lead : (FORBIDDEN[lead] ?? lead);
}

/** Throws PermanentFailure when the key is too long for Table storage or holds half a surrogate pair. */
export function escapeKey(plain: string): string {
  if (!plain.isWellFormed()) {
    throw new PermanentFailure(`The table key ${JSON.stringify(cut(plain, 60))} is not well-formed Unicode.`);
  }
  const escaped = plain.replace(NEEDS_ESCAPE, escapeCharacter);
  if (escaped.length > MAX_KEY_LENGTH) {
    throw new PermanentFailure(
      `The table key ${JSON.stringify(cut(plain, 60))} takes ${escaped.length} characters when escaped, ` +
        `Table storage allows ${MAX_KEY_LENGTH}.`,
    );
  }
  return escaped;
}

/** Inverse of escapeKey. Throws PermanentFailure for a text that escapeKey cannot have written. */
export function unescapeKey(escaped: string): string {
  if (STRAY.test(escaped.replace(ESCAPED, ""))) {
    throw new PermanentFailure(`The stored table key ${JSON.stringify(cut(escaped, 60))} is not an escaped key.`);
  }
  return escaped.replace(ESCAPED, unescapeSequence);
}

/** The smallest text above every text that starts with the given (escaped) one; undefined when there is none. */
export function upperBound(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  while (characters.length > 0) {
    const next = following(characters.pop()?.codePointAt(0) ?? 0xffff);
    if (next !== undefined) return characters.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

/** The next code point in UTF-16 order, in which the astral ones stand between U+D7FF and U+E000. */
function following(codePoint: number): number | undefined {
  if (codePoint === 0xd7ff) return 0x10000;
  if (codePoint === 0x10ffff) return 0xe000;
  return codePoint === 0xffff ? undefined : codePoint + 1;
}
