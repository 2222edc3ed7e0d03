// Answers that are text of another type than JSON. They are declared by the schema in an endpoint's `answers`, so that
// handler, type and OpenAPI document cannot differ.
import { z } from "zod";

export type TextType = "text/html" | "text/csv" | "text/calendar";

const TEXTS = new WeakMap<z.ZodType, TextType>();

/** An answer that is a text of this type, in UTF-8; the handler's body is the text itself. */
export function textAnswer(type: TextType): z.ZodString {
  const schema = z.string();
  TEXTS.set(schema, type);
  return schema;
}

/** Undefined for an answer in JSON. */
export const textTypeOf = (schema: z.ZodType | undefined): TextType | undefined =>
  schema === undefined ? undefined : TEXTS.get(schema);

/** Whether people open the endpoint in a browser: then its problems are pages too. */
export const answersHtml = (answers: Readonly<Record<number, z.ZodType>>): boolean =>
  Object.values(answers).some((schema) => textTypeOf(schema) === "text/html");
