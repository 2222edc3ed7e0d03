// Between node:http and the shapes the library reads and writes (HTTP streaming is off).
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpData, TypedData } from "../rpc.ts";

export interface HttpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path still encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As the client addressed it, for the handler. */
  readonly url: string;
}

/** Splits the request's address; a target that is no address at all yields undefined. */
export function httpCall(request: IncomingMessage, response: ServerResponse): HttpCall | undefined {
  const host = request.headers.host ?? `127.0.0.1:${request.socket.localPort ?? 0}`;
  const base = URL.canParse(`http://${host}`) ? `http://${host}` : "http://127.0.0.1";
  const target = request.url ?? "/";
  const text = target.startsWith("/") ? `${base}${target}` : target;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return { request, response, path: url.pathname, query: url.searchParams, url: url.href };
}

type TooLarge = "tooLarge";

/**
 * The body by the real host's rule: read only when a Content-Length above zero is given. A chunked body is dropped.
 * Rejects when the client goes away before the end.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined | TooLarge> {
  const length = Number(request.headers["content-length"] ?? 0);
  if (length > maxBytes) return "tooLarge";
  if (!(length > 0)) {
    request.resume();
    return undefined;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The request as the trigger's value. */
export function toHttpData(
  call: HttpCall,
  params: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): TypedData {
  const nullable = (entries: Iterable<readonly [string, string]>) =>
    Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));
  return {
    http: {
      method: call.request.method ?? "GET",
      url: call.url,
      nullableHeaders: nullable(headerEntries(call.request)),
      nullableQuery: nullable(queryEntries(call.query)),
      nullableParams: nullable(Object.entries(params)),
      body: body === undefined ? null : { bytes: body },
    },
  };
}

/** Header names in lower case, repeated ones joined by a comma. */
const headerEntries = (request: IncomingMessage): [string, string][] =>
  Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(",")]);

/** Repeated query keys joined by a comma, as the real host hands them over. */
const queryEntries = (query: URLSearchParams): [string, string][] =>
  [...new Set(query.keys())].map((name) => [name, query.getAll(name).join(",")]);

/** An answer without body, as the host itself gives it. */
export function sendEmpty(call: HttpCall, status: number): void {
  const { request, response } = call;
  if (response.headersSent || response.destroyed) return;
  // An unread body would be taken for the next request.
  if (!request.complete) response.setHeader("Connection", "close");
  const length = status === 204 || status === 304 ? {} : { "Content-Length": "0" };
  response.writeHead(status, { Server: "Kestrel", ...length });
  response.end();
  request.resume();
}

// Node frames the answer itself; as the real host, chunked and without Content-Length.
const OWN_HEADERS = new Set(["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"]);

/** Writes the handler's answer. @throws when the handler gave a status or header that HTTP does not allow, or a cookie. */
export function sendResult(call: HttpCall, data: HttpData): void {
  const { response } = call;
  const status = Number(data.statusCode ?? 200);
  if (!Number.isInteger(status) || status < 200 || status > 999) throw new Error(`${data.statusCode} is not a status.`);
  if ((data.cookies ?? []).length > 0) throw new Error("This host does not support cookies.");
  response.setHeader("Server", "Kestrel");
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    if (!OWN_HEADERS.has(name.toLowerCase())) response.setHeader(name, value);
  }
  if (!call.request.complete) response.setHeader("Connection", "close");
  response.writeHead(status);
  const body = bodyOf(data.body);
  if (body.length > 0 && call.request.method !== "HEAD") response.write(body);
  response.end();
}

function bodyOf(body: TypedData | null | undefined): Uint8Array {
  if (body?.bytes !== undefined && body.bytes !== null) return body.bytes;
  return Buffer.from(body?.string ?? body?.json ?? "");
}
