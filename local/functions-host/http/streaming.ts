// HTTP streaming (`app.setup({ enableHttpStream: true })`): the library listens on an address of its own, the host passes
// the request on and the answer back piece by piece, and hands over only metadata by the usual way. The measured traps of
// the real host are kept: query and JSON body properties are merged into what becomes headers and route parameters, and
// a handler that throws or answers nothing leaves the caller waiting for the time limit.
import { randomUUID } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import type { HostFunction } from "../function-index.ts";
import type { Invoker } from "../invoker.ts";
import { describeError, type HostLog } from "../log.ts";
import type { TypedData } from "../rpc.ts";
import { headerEntries, queryEntries, sendEmpty, type HttpCall } from "./http-message.ts";

// A JSON body up to this size is looked at for the merge; larger ones are passed on unread.
const MAX_MERGED_BYTES = 1_048_576;
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding"]);

export interface StreamingOptions {
  /** Where the library listens. */
  readonly httpUri: string;
  readonly invoker: Invoker;
  readonly log: HostLog;
  readonly maxRequestBytes: number;
  readonly customHeaders: Readonly<Record<string, string>>;
  /** How long the caller waits for the head of the answer; 240 s on the real host. */
  readonly activityTimeoutMs: number;
}

/** Runs the function and streams its answer; resolves when the answer is out or the caller got a 500. */
export async function streamCall(
  options: StreamingOptions,
  fn: HostFunction,
  params: Readonly<Record<string, string>>,
  call: HttpCall,
): Promise<void> {
  const { request } = call;
  if (Number(request.headers["content-length"] ?? 0) > options.maxRequestBytes) {
    sendEmpty(call, 500);
    return;
  }
  const buffered = await bufferJson(request);
  const invocationId = randomUUID();
  const metadata = streamMetadata(call, params, buffered);
  const run = options.invoker.run(fn, {
    invocationId,
    metadata,
    data: { http: {} },
    reason: "This function was programmatically called via the host APIs.",
  });
  const forward = forwardCall(options, call, invocationId, buffered).catch((error: unknown) => {
    if (!call.response.destroyed) options.log.write("error", "Host.Http", `Streaming failed: ${describeError(error)}`);
    sendEmpty(call, 500);
    if (!call.response.writableEnded) call.response.destroy();
  });
  await Promise.all([run, forward]);
}

async function bufferJson(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers["content-length"] ?? 0);
  const isJson = (request.headers["content-type"] ?? "").toLowerCase().includes("application/json");
  if (!isJson || !(length > 0) || length > MAX_MERGED_BYTES) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Later entries replace earlier ones whatever their case; given route values come last and win. */
function streamMetadata(call: HttpCall, params: Readonly<Record<string, string>>, body: Buffer | undefined) {
  const metadata: Record<string, TypedData> = {
    Query: { json: JSON.stringify(Object.fromEntries(queryEntries(call.query))) },
    Headers: { json: JSON.stringify(Object.fromEntries(headerEntries(call.request))) },
  };
  const put = (name: string, value: string): void => {
    const key = Object.keys(metadata).find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
    metadata[key] = { string: value };
  };
  for (const [name, value] of queryEntries(call.query)) put(name, value);
  for (const [name, value] of jsonProperties(body)) put(name, value);
  for (const [name, value] of Object.entries(params)) put(name, value);
  return metadata;
}

function jsonProperties(body: Buffer | undefined): [string, string][] {
  if (body === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return [];
    return Object.entries(parsed).flatMap(([name, value]: [string, unknown]) => {
      if (Array.isArray(value)) return [];
      return [[name, typeof value === "string" ? value : JSON.stringify(value)] satisfies [string, string]];
    });
  } catch {
    return [];
  }
}

async function forwardCall(options: StreamingOptions, call: HttpCall, id: string, buffered: Buffer | undefined) {
  const { request, response } = call;
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new Error("The function gave no answer in time.")),
    options.activityTimeoutMs,
  );
  response.once("close", () => limit.abort(new Error("The caller went away.")));
  const headers = Object.fromEntries(headerEntries(request).filter(([name]) => !HOP_BY_HOP.has(name)));
  const upstream = httpRequest(new URL(request.url ?? "/", options.httpUri), {
    method: request.method,
    signal: limit.signal,
    headers: {
      ...headers,
      "x-forwarded-host": request.headers.host ?? new URL(call.url).host,
      "x-forwarded-proto": "http",
      "x-ms-invocation-id": id,
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once("response", resolve);
    upstream.once("error", reject);
  });
  const sent = buffered === undefined ? pipeline(bounded(request, options.maxRequestBytes), upstream) : undefined;
  // The answer may come before the whole body is read; its failure is the failure of the call.
  sent?.catch(() => undefined);
  if (buffered !== undefined) upstream.end(buffered);
  try {
    const answer = await Promise.race([answered, ...(sent === undefined ? [] : [sent.then(() => answered)])]);
    clearTimeout(timer);
    response.setHeader("Server", "Kestrel");
    for (const [name, value] of Object.entries(options.customHeaders)) response.setHeader(name, value);
    for (const [name, values] of Object.entries(answer.headersDistinct)) {
      if (!HOP_BY_HOP.has(name) && values !== undefined) response.setHeader(name, values);
    }
    response.writeHead(answer.statusCode ?? 500);
    response.flushHeaders();
    await pipeline(answer, response);
  } finally {
    clearTimeout(timer);
  }
}

async function* bounded(request: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) throw new Error(`The request body is larger than ${maxBytes} bytes.`);
    yield bytes;
  }
}
