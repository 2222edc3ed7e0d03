// The body of a request, bounded: JSON, or the form of a page.
import type { HttpRequest } from "@azure/functions";
import { parseForeignJson } from "../../kernel/foreign.ts";
import { parseJson } from "../../kernel/json.ts";
import { type BodyType, type Endpoint, invalid } from "./endpoint.ts";
import { type Problem, problem } from "./problems.ts";

/** How a body is written; a form gives an object of texts. */
const TYPES: Readonly<Record<BodyType, RegExp>> = {
  "application/json": /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json\s*(?:;|$)/i,
  "application/x-www-form-urlencoded": /^application\/x-www-form-urlencoded\s*(?:;|$)/i,
};

/** The parsed body, or the problem it has: 415, 413, 400. The host itself refuses bodies above 100 MB. */
export async function readBody(
  request: HttpRequest,
  { bodyType: type, maxBodyBytes: maxBytes, isForeign }: Pick<Endpoint, "bodyType" | "maxBodyBytes" | "isForeign">,
): Promise<unknown> {
  // Another system does not mend its headers either: what it sent is tried.
  if (!isForeign && !TYPES[type].test(request.headers.get("content-type") ?? "")) {
    return problem("unsupportedMediaType", `Send the body with Content-Type: ${type}.`);
  }
  const tooLarge = (): Problem => problem("bodyTooLarge", `The body may have at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBytes) return tooLarge();
  // A form of which nothing was chosen is empty, and what is missing its schema says.
  if (bytes.byteLength === 0 && type === "application/json") {
    return bad("is missing (send Content-Length: chunked bodies are not read)");
  }
  const text = decode(bytes, !isForeign);
  if (text === undefined) return bad("is not in UTF-8");
  if (type !== "application/json") return parseForm(text);
  const value = isForeign ? parseForeignJson(text) : parseJson(text);
  return value === undefined ? bad("is no valid JSON in UTF-8") : value;
}

const bad = (message: string): Problem => invalid([{ pointer: "/body", message }]);

function decode(bytes: ArrayBuffer, fatal: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A field that comes twice is refused: which of the two was meant nobody can say. */
function parseForm(text: string): unknown {
  const fields = [...new URLSearchParams(text)];
  const names = new Set(fields.map(([name]) => name));
  return names.size === fields.length ? Object.fromEntries(fields) : bad("has a field twice");
}
