// The `q` parameter of `/Documents?q=dialog;{id};;And;;COMPANY:US-Steel;DATE:>=2010-03-01 AND <=2010-03-30`: a search
// as one text, used by expression links and by the links to further pages. Pure; parse(format(x)) is x.
import type { Result } from "../../../shared/kernel/result.ts";
import { err, ok } from "../../../shared/kernel/result.ts";
import type { Condition, Expression } from "./search.ts";

export interface TextQuery {
  readonly dialogId: string;
  readonly operation: Expression["operation"];
  readonly conditions: readonly Condition[];
}

// The characters that structure the text; inside a value they are percent-encoded.
const encode = (value: string): string =>
  value.replace(/[%;:<>]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
const decode = (value: string): string =>
  value.replace(/%(25|3B|3A|3C|3E)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

export function formatQuery(query: TextQuery): string {
  const conditions = query.conditions.map(({ field, values }) => `${field}:${formatValues(values)}`);
  return ["dialog", query.dialogId, "", query.operation, "", ...conditions].join(";");
}

function formatValues([first, second]: Condition["values"]): string {
  if (second === undefined) return encode(first ?? "");
  const low = first === null || first === undefined ? [] : [`>=${encode(first)}`];
  const high = second === null ? [] : [`<=${encode(second)}`];
  return [...low, ...high].join(" AND ");
}

export function parseQuery(text: string): Result<TextQuery, string> {
  const [kind, dialogId, , operation = "", , ...parts] = text.split(";");
  if (kind !== "dialog" || dialogId === undefined) return err('q must begin with "dialog;<dialog id>;;".');
  if (operation !== "And" && operation !== "Or") return err(`q names the operation "${operation}"; use And or Or.`);
  const conditions: Condition[] = [];
  for (const part of parts.filter((one) => one !== "")) {
    const colon = part.indexOf(":");
    if (colon < 1) return err(`q contains the condition "${part}"; write FIELD:value.`);
    conditions.push({ field: part.slice(0, colon), values: parseValues(part.slice(colon + 1)) });
  }
  return ok({ dialogId, operation, conditions });
}

function parseValues(text: string): readonly (string | null)[] {
  const both = /^>=([^<>]*) AND <=([^<>]*)$/s.exec(text);
  if (both !== null) return [decode(both[1] ?? ""), decode(both[2] ?? "")];
  if (text.startsWith(">=")) return [decode(text.slice(2)), null];
  if (text.startsWith("<=")) return [null, decode(text.slice(2))];
  return [decode(text)];
}
