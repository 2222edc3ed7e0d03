// Text that another system wrote (an error message, an excerpt of an answer) before it is stored, shown, logged or mailed.
// It may repeat what was sent to it, tokens and passwords included, and hold characters that make a line read otherwise.

import { cut, part } from "./text.ts";

const HIDDEN = "[redacted]";
/** What is looked at of a text; nobody keeps as much. */
const LOOKED_AT = 8_000;
/** A shorter one cannot be told from an ordinary word. */
const SHORTEST_SECRET = 4;
/** A secret of fewer characters is hidden only where it stands alone: it may be a part of ordinary words. */
const LONG_SECRET = 8;

/** `Bearer token is missing` and the like say nothing that is secret. */
const ORDINARY = String.raw`(?!(?:tokens?|auth\w*|realm|scheme|error|access|credentials?|header)\b)`;
/** Members, parameters and parts of connection strings whose value is secret. */
const NAME = String.raw`[\w.-]{0,40}(?:password|passwd|passphrase|pwd|passwort|kennwort|secret|token|assertion|credential|signature|sig|(?:api|access|account|shared|function|functions|subscription|master|host|primary|secondary|private|storage|encryption)[-_]?(?:access[-_]?)?key)`;
const VALUE = String.raw`(?:\[redacted\]|"(?:[^"\\]|\\.){1,4000}"?|'[^']{1,4000}'?|[^\s"'&;,<>{}\]]+)`;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}-----|$)/gs, HIDDEN],
  // JSON Web Tokens, also the beginning of one.
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){0,4}/g, HIDDEN],
  [new RegExp(String.raw`\b(Bearer|DPoP)(?:\s+|%20|\+)${ORDINARY}[^\s"',;<>]{4,}`, "gi"), `$1 ${HIDDEN}`],
  [new RegExp(String.raw`\b(Basic\s+)${ORDINARY}(?=[a-z+/]*[A-Z0-9=])[A-Za-z0-9+/_-]{6,}={0,2}`, "g"), `$1${HIDDEN}`],
  [/\b((?:set-)?cookie\s*:\s*)[^\s;]+(?:;\s*[^\s;=]+=[^\s;]+)*/gi, `$1${HIDDEN}`],
  // User information of an address.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]{1,500}@/gi, `$1${HIDDEN}@`],
  // name=value, and "name": "value".
  [new RegExp(String.raw`\b(${NAME}\\?["']?\s*(?:=|%3D|["']\s*:|:\s*(?=["']))\s*\\?)${VALUE}`, "gi"), `$1${HIDDEN}`],
  // Keys in a query: their names are ordinary words elsewhere.
  [/([?&](?:code|key|sig|auth)=)[^\s&"'<>#]+/gi, `$1${HIDDEN}`],
  // name: value, where the value is no word of a sentence or the name leaves no doubt.
  [new RegExp(String.raw`\b(${NAME}:\s*)(?=[^\s"',;]*\d)[^\s"',;<>]{8,}`, "gi"), `$1${HIDDEN}`],
  [/\b((?:client[-_]?secret|password|passwd|pwd|passphrase|passwort|kennwort)\s*:\s*)[^\s"',;<>]+/gi, `$1${HIDDEN}`],
  // Secrets that are known by their form: webhooks, Entra ID, and long runs of mixed characters.
  [/\bwhsec_[\w+/=-]+/g, HIDDEN],
  [/[\w.~-]{3}\dQ~[\w.~-]{20,}/g, HIDDEN],
  [/(?<![\w+~-])(?=[\w+~-]*\d)(?=[\w+~-]*[a-z])(?=[\w+~-]*[A-Z])[\w+~-]{40,}={0,2}/g, HIDDEN],
];

/**
 * At most `most` UTF-16 units on one line, well-formed, without control and direction characters; what looks like a
 * secret is hidden, and so is each of `secrets` (those that the other system was sent).
 */
export function foreignText(text: string, most: number, secrets: readonly string[] = []): string {
  const line = hide(beginningOf(text), secrets)
    .replaceAll(/\p{Cf}+/gu, "")
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return cut(hide(line, secrets), most);
}

/**
 * The text, of which at most 8,000 characters are looked at, without what looks like a secret and without control and direction
 * characters; lines stay lines.
 */
export const redacted = (text: string): string => hide(hide(beginningOf(text), []).replaceAll(UNSEEN, ""), []);

/** Characters that nobody sees and that make a line read otherwise; not line feeds and tabs. */
const UNSEEN = /[\p{Cf}\u2028\u2029]|(?![\n\t])\p{Cc}/gu;

/** Without the last word, or its last 1,000 characters: it could be the first half of a secret. */
function beginningOf(text: string): string {
  if (text.length <= LOOKED_AT) return text.toWellFormed();
  return cut(text, Math.max(text.lastIndexOf(" ", LOOKED_AT), LOOKED_AT - 1_000));
}

function hide(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((rest, secret) => hideOne(rest, secret), text);
  return PATTERNS.reduce((rest, [pattern, instead]) => rest.replaceAll(pattern, instead), known);
}

function hideOne(text: string, secret: string): string {
  if (secret.length < SHORTEST_SECRET) return text;
  const encoded = encodeURIComponent(secret.toWellFormed());
  const forms = new Set([secret, encoded, encoded.replaceAll("%20", "+"), part(JSON.stringify(secret), 1, -1)]);
  return [...forms].reduce((rest, form) => {
    if (form.length >= LONG_SECRET) return rest.replaceAll(form, HIDDEN);
    const literal = form.replaceAll(/[^\w\s]/g, String.raw`\$&`);
    return rest.replaceAll(new RegExp(String.raw`(?<!\w)${literal}(?!\w)`, "g"), HIDDEN);
  }, text);
}
