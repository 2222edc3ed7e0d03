// How values are read that others send: DocuWare, the control plane, Entra ID, Azure. They leave members out, send null or
// an empty text for the same thing, add members and values without notice, and their texts have any length. So:
// absent, null and empty are the same; unknown values are mapped; bounds cut and never refuse; an item that cannot be read
// is left out of its list. Only what we cannot go on without is required. (What callers of our API send is read strictly.)

import { z } from "zod";
import { parseJson } from "./json.ts";
import { cut } from "./text.ts";

/** Longest text that is kept of a name, an id or a code. */
const MOST = 1000;

/** Anything, also when the member is absent. */
const anything = z.unknown().optional();

function textOf(value: unknown, most: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value);
  return text.trim() === "" ? undefined : cut(text, most);
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** A text of at most `most` UTF-16 units, cut and well-formed; undefined when there is none. */
export const optionalText = (most = MOST) => anything.transform((value) => textOf(value, most));
export const requiredText = (most = MOST) => optionalText(most).pipe(z.string());

/** A number, also when it comes as text; undefined when there is none. */
export const optionalNumber = () => anything.transform(numberOf);
/** A whole number from 0 on, such as an id. */
export const requiredCount = () => optionalNumber().pipe(z.int().nonnegative());

/** A boolean, also when it comes as text. */
export const flag = (otherwise: boolean) =>
  anything.transform((value) => {
    const text = String(value).toLowerCase();
    return text === "true" || (text !== "false" && otherwise);
  });

/** One of a closed list, in any case; undefined for what the list does not know. */
export const oneOf = <const T extends string>(known: readonly T[]) =>
  anything.transform((value) => known.find((one) => one.toLowerCase() === textOf(value, MOST)?.toLowerCase()));

/** The items that can be read, at most `most`; a single one without its list counts as a list of one. */
export const listOf = <S extends z.ZodType>(item: S, most = Infinity) =>
  anything.transform((value): z.output<S>[] => {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value ?? []].flat();
    const readable: z.output<S>[] = [];
    for (const one of all) {
      if (readable.length >= most) break;
      const parsed = item.safeParse(one);
      if (parsed.success) readable.push(parsed.data);
    }
    return readable;
  });

/** What the schema reads; undefined when it cannot be read. */
export const optional = <S extends z.ZodType>(schema: S) =>
  anything.transform((value): z.output<S> | undefined => schema.safeParse(value).data);

/** An escape in a JSON text: a whole surrogate pair, a lone half of one (captured), or any other. */
const ESCAPE = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|[^])/g;

/** The JSON value of a text, with every lone half of a surrogate pair as U+FFFD; undefined when it is no JSON. */
export function parseForeignJson(text: string): unknown {
  const wellFormed = text
    .toWellFormed()
    .replace(ESCAPE, (escape, lone: string | undefined) => (lone === undefined ? escape : String.raw`\ufffd`));
  return parseJson(wellFormed);
}
