// The HTTP client on undici, loaded by http-client.ts at the first request. Every request ends within its deadline, every
// answer fits its limit, connections are kept and shared.

import { MINUTE_MS } from "../../kernel/time/durations.ts";
import { Agent, errors, type Dispatcher } from "undici";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse } from "./http-client.ts";
import { describeRequest } from "./http-failures.ts";
import { chunksOf, headersOf } from "./undici-response.ts";
import { outboundProblem } from "../outbound/address.ts";
import { judgingLookup } from "../outbound/resolve.ts";

const DEFAULTS = {
  connectTimeoutMs: 5_000,
  timeoutMs: 30_000,
  maxBodyBytes: 4 * 1024 * 1024,
  connectionsPerHost: 16,
} as const;

type Limits = HttpClientOptions & Required<Omit<HttpClientOptions, "outbound">>;

/** One per process: it holds the kept connections. */
export function openHttpClient(options: HttpClientOptions): HttpClient {
  const limits: Limits = { ...DEFAULTS, ...options };
  const agent = new Agent({
    connections: limits.connectionsPerHost,
    connect: {
      timeout: limits.connectTimeoutMs,
      ...(limits.outbound && { lookup: judgingLookup(limits.outbound.resolve) }),
    },
    // The deadline of the request comes first; these catch a deadline that is longer than usual.
    headersTimeout: 2 * limits.timeoutMs,
    bodyTimeout: limits.timeoutMs,
    // Longer than a poll of the control plane is apart; a shorter hint of the server wins.
    keepAliveTimeout: 20_000,
    keepAliveMaxTimeout: MINUTE_MS,
    allowH2: false,
  });
  return {
    send: (request) => exchange(agent, request, limits),
    close: () => agent.destroy(),
  };
}

async function exchange(agent: Agent, request: HttpRequest, limits: Limits): Promise<HttpResponse> {
  const { url, method } = request;
  const name = describeRequest(method, url);
  if (url.username !== "" || url.password !== "") {
    throw new PermanentFailure(`${name}: an address must not carry user information.`);
  }
  const problem = limits.outbound && outboundProblem(url, limits.outbound.policy);
  if (problem !== undefined) throw new PermanentFailure(`${name} is not sent: the address ${problem}.`);
  const timeoutMs = request.timeoutMs ?? limits.timeoutMs;
  const stop = new AbortController();
  const onAbort = (): void => {
    stop.abort(new TransientFailure(`${name} was stopped by its caller.`, { cause: request.signal?.reason }));
  };
  // An own timer, cleared at the end: AbortSignal.timeout would keep one alive per request for the whole deadline.
  const timer = setTimeout(
    () => stop.abort(new TransientFailure(`${name} was not answered within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  request.signal?.addEventListener("abort", onAbort, { once: true });
  if (request.signal?.aborted === true) onAbort();
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: request.headers ?? {},
      body: request.body ?? null,
      signal: stop.signal,
    });
    const body = await readBody(answer, request.maxBodyBytes ?? limits.maxBodyBytes, name);
    return { status: answer.statusCode, headers: headersOf(answer), body };
  } catch (error) {
    throw translate(error, name, stop.signal);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", onAbort);
  }
}

async function readBody(answer: Dispatcher.ResponseData, maxBytes: number, name: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunksOf(answer)) {
    size += chunk.length;
    if (size > maxBytes) throw new PermanentFailure(`${name} was answered with more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** What the caller must do about an exchange that did not end in an answer. Everything unknown stays a defect. */
function translate(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof TransientFailure || error instanceof PermanentFailure) return error;
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
    return new PermanentFailure(`${name} is no valid request.`, { cause: error });
  }
  if (error instanceof errors.UndiciError || isSystemError(error)) {
    return new TransientFailure(`${name} got no complete answer (${error.code}).`, { cause: error });
  }
  return error;
}

/** Node's network and TLS errors carry a text code such as ECONNREFUSED or CERT_HAS_EXPIRED; wrong use is a TypeError. */
function isSystemError(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false;
  return "code" in error && typeof error.code === "string";
}
