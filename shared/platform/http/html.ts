// HTML from templates in which every value is escaped, unless it is HTML from here itself.

import { escapeHtml } from "../../kernel/escape-html.ts";

/** HTML that is safe to put into a page: only `html` makes it. */
export class Html {
  readonly #text: string;
  constructor(text: string, _made: typeof MADE) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

/** Keeps other files from making Html of what was not escaped. */
const MADE = Symbol("made by html");

type Value = string | number | Html | readonly Html[] | undefined;

/** Strings are escaped for text nodes and for attributes in double quotes; undefined is nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(parts.map((part, at) => part + written(values[at])).join(""), MADE);

/** For a text that is code of this app, such as a style sheet; never for anything that came from outside. */
export const trustedHtml = (text: string): Html => new Html(text, MADE);

function written(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "string") return escapeHtml(value);
  return Array.isArray(value) ? value.join("") : String(value);
}
