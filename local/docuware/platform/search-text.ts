// The text of a search condition: wildcards, quotes, escapes, functions. Pure.
//   abc*  a?c     wildcards        "abc*"        the exact phrase, no wildcards
//   \( \) \* \?   the character    "A" OR "B"    either phrase
//   EMPTY() NOTEMPTY()             a parenthesis that is not escaped is refused (422)
import type { Result } from "../../../shared/kernel/result.ts";
import { err, ok } from "../../../shared/kernel/result.ts";

type Token = { readonly kind: "text"; readonly text: string } | { readonly kind: "any" } | { readonly kind: "one" };

export type TextPattern =
  | { readonly kind: "empty" }
  | { readonly kind: "notEmpty" }
  /** The value must match one of the alternatives. */
  | { readonly kind: "match"; readonly alternatives: readonly (readonly Token[])[] };

const PHRASES = /^"(?:[^"\\]|\\.)*"(?:\s+OR\s+"(?:[^"\\]|\\.)*")*$/;

/** Reads one condition value; the error says what is wrong with it. */
export function parseTextPattern(value: string): Result<TextPattern, string> {
  const trimmed = value.trim();
  if (/^EMPTY\(\)$/i.test(trimmed)) return ok({ kind: "empty" });
  if (/^NOTEMPTY\(\)$/i.test(trimmed)) return ok({ kind: "notEmpty" });
  if (PHRASES.test(trimmed)) {
    const phrases = trimmed.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
    const alternatives = phrases.map((phrase) => [{ kind: "text" as const, text: unescape(phrase.slice(1, -1)) }]);
    return ok({ kind: "match", alternatives });
  }
  const tokens = tokenize(value);
  return tokens.ok ? ok({ kind: "match", alternatives: [tokens.value] }) : tokens;
}

const unescape = (text: string): string => text.replace(/\\(.)/gs, "$1");

function tokenize(value: string): Result<readonly Token[], string> {
  const tokens: Token[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") tokens.push({ kind: "text", text });
    text = "";
  };
  for (let index = 0; index < value.length; index++) {
    const character = value.charAt(index);
    if (character === "\\" && index + 1 < value.length) {
      text += value.charAt(++index);
    } else if (character === "(" || character === ")") {
      return err(`The search value contains "${character}"; write "\\${character}" to search for it.`);
    } else if (character === "*" || character === "?") {
      flush();
      if (character === "?") tokens.push({ kind: "one" });
      // Several stars in a row mean the same as one, and cost the matcher.
      else if (tokens.at(-1)?.kind !== "any") tokens.push({ kind: "any" });
    } else {
      text += character;
    }
  }
  flush();
  return ok(tokens);
}

/** Whole-value match, not case-sensitive. `null` and "" are empty and match no pattern. */
export function matchesText(pattern: TextPattern, value: string | null): boolean {
  const isEmpty = value === null || value === "";
  switch (pattern.kind) {
    case "empty":
      return isEmpty;
    case "notEmpty":
      return !isEmpty;
    case "match":
      return !isEmpty && pattern.alternatives.some((tokens) => matchTokens(tokens, value.toLowerCase()));
  }
}

/** Greedy with one step back to the last star: linear in practice, never exponential. */
function matchTokens(tokens: readonly Token[], value: string): boolean {
  let token = 0;
  let at = 0;
  let star: { readonly token: number; at: number } | undefined;
  for (;;) {
    const current = tokens[token];
    if (current?.kind === "any") {
      star = { token, at };
      token++;
      continue;
    }
    const length = current === undefined ? undefined : consumed(current, value, at);
    if (length !== undefined) {
      token++;
      at += length;
    } else if (current === undefined && at === value.length) {
      return true;
    } else if (star !== undefined && star.at < value.length) {
      star.at++;
      token = star.token + 1;
      at = star.at;
    } else {
      return false;
    }
  }
}

function consumed(token: Exclude<Token, { kind: "any" }>, value: string, at: number): number | undefined {
  if (token.kind === "one") return at < value.length ? 1 : undefined;
  const text = token.text.toLowerCase();
  return value.startsWith(text, at) ? text.length : undefined;
}
