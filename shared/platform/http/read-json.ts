// The JSON body of a request, bounded.
import type { HttpRequest } from "@azure/functions";
import { invalid } from "./endpoint.ts";
import { type Problem, problem } from "./problems.ts";

const JSON_TYPE = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json\s*(?:;|$)/i;

/** The parsed body, or the problem it has: 415, 413, 400. The host itself refuses bodies above 100 MB. */
export async function readJson(request: HttpRequest, maxBytes: number): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type))
    return problem("unsupportedMediaType", "Send the body with Content-Type: application/json.");
  const tooLarge = (): Problem => problem("bodyTooLarge", `The body may have at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return tooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBytes) return tooLarge();
  if (bytes.byteLength === 0) {
    return invalid([{ pointer: "/body", message: "is missing (send Content-Length: chunked bodies are not read)" }]);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return invalid([{ pointer: "/body", message: "is no valid JSON in UTF-8" }]);
  }
}
