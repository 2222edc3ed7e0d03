// Answers that are text of another type than JSON. They are declared by the schema in an endpoint's `answers`, so that
// handler, type and OpenAPI document cannot differ.
import { z } from "zod";

export type TextType = "text/html" | "text/csv" | "text/calendar";

interface TextContent {
  readonly type: TextType;
  /** The schema of the JSON that may be answered instead; absent when it is always text. */
  readonly json?: z.ZodType;
}

/** Not a registry of zod: that would infer the type of `json` anew for each schema. */
const TEXTS = new WeakMap<z.ZodType, TextContent>();

/** An answer that is a text of this type, in UTF-8; the handler's body is the text itself. */
export const textAnswer = (type: TextType): z.ZodString => declared(z.string(), { type });

/** An answer that is JSON by this schema (an object), or a text when the handler's body is a string. */
export const jsonOrText = <T extends z.ZodType>(json: T, type: TextType): z.ZodUnion<readonly [T, z.ZodString]> =>
  declared(z.union([json, z.string()]), { type, json });

function declared<T extends z.ZodType>(schema: T, content: TextContent): T {
  TEXTS.set(schema, content);
  return schema;
}

/** Undefined for an answer in JSON. */
export const textContentOf = (schema: z.ZodType | undefined): TextContent | undefined =>
  schema === undefined ? undefined : TEXTS.get(schema);

/** Whether people open the endpoint in a browser: then its problems are pages too. */
export const answersHtml = (answers: Readonly<Record<number, z.ZodType>>): boolean =>
  Object.values(answers).some((schema) => textContentOf(schema)?.type === "text/html");
