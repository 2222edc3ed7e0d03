// Reads the JSON answers of DocuWare's services: never HTML (its 401 and maintenance pages), never an unchecked shape.

import type { z } from "zod";
import { PermanentFailure, TransientFailure } from "../kernel/failures.ts";
import { parseForeignJson } from "../kernel/foreign.ts";
import type { HttpResponse } from "../platform/http-client/http-client.ts";

/** The JSON value of the body; undefined when the answer is no JSON by its type or its text. */
export function jsonOf(response: HttpResponse): unknown {
  const type = response.headers["content-type"] ?? "";
  if (type.trim() !== "" && !/[/+]json\b/i.test(type)) return undefined;
  return parseForeignJson(decoder.decode(response.body));
}

/**
 * The body as `schema` says (null counts as an object without members). A page instead of JSON is a TransientFailure
 * (gateways and maintenance pages answer so); JSON without what we need is a PermanentFailure that names the fields, never
 * their values.
 */
export function parseBody<T>(response: HttpResponse, schema: z.ZodType<T>, request: string): T {
  const value = jsonOf(response);
  if (value === undefined) {
    const type = /^[\w.+-]+\/[\w.+-]+/.exec(response.headers["content-type"] ?? "")?.[0] ?? "no content type";
    throw new TransientFailure(`${request} was answered ${response.status} with ${type}, not with readable JSON.`);
  }
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "body"} (${issue.code})`);
  throw new PermanentFailure(`${request} was answered with JSON of an unknown shape: ${wrong.join(", ")}.`);
}

const decoder = new TextDecoder();
