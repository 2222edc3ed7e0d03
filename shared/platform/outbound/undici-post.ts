// One POST to an endpoint on undici, loaded by post-webhook.ts: to the checked addresses only, with TLS for the host name, no
// redirect, no proxy, no kept connection, and of the answer only its beginning.

import { Agent, errors, type Dispatcher } from "undici";
import { TransientFailure } from "../../kernel/failures.ts";
import { foreignText } from "../../kernel/foreign-text.ts";
import { describeRequest } from "../http-client/http-failures.ts";
import { chunksOf, headersOf } from "../http-client/undici-response.ts";
import { pinnedLookup } from "./resolve.ts";
import type { PostOnce } from "./post.ts";

const CONNECT_TIMEOUT_MS = 5000;
/** Longer than the sender's deadline, which ends the exchange first. */
const ANSWER_TIMEOUT_MS = 30_000;
const EXCERPT_BYTES = 800;
const EXCERPT_CHARACTERS = 200;

/** Throws as the port says; a request that is not valid is a defect. */
export const postByUndici: PostOnce = async ({ target, headers, body }, signal) => {
  const { url, addresses } = target;
  const agent = new Agent({
    connections: 1,
    connect: { lookup: pinnedLookup(addresses), timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    maxHeaderSize: 16 * 1024,
    allowH2: false,
  });
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname,
      method: "POST",
      headers,
      body,
      signal,
    });
    const { statusCode } = answer;
    // A success is one as soon as it is said: an answer that drips must not make it a failure.
    const excerpt = statusCode >= 200 && statusCode < 300 ? leave(answer) : await excerptOf(answer);
    return { statusCode, headers: headersOf(answer), excerpt };
  } catch (error) {
    throw translate(error, describeRequest("POST", url), signal);
  } finally {
    await agent.destroy();
  }
};

function leave({ body }: Dispatcher.ResponseData): "" {
  body.on("error", () => undefined).destroy();
  return "";
}

/** Reads no more than it keeps: leaving the loop ends the connection. An answer that breaks off is an answer. */
async function excerptOf(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of chunksOf(answer)) {
      chunks.push(chunk.subarray(0, EXCERPT_BYTES - size));
      size += chunk.length;
      if (size >= EXCERPT_BYTES) break;
    }
  } catch (error) {
    if (error instanceof TypeError) throw error;
  }
  return foreignText(Buffer.concat(chunks).toString("utf8"), EXCERPT_CHARACTERS);
}

/** Whatever the network or the other side does is transient; the rest is a defect and stays as it is. */
function translate(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new TransientFailure(`${name} was not answered in time.`, { cause: signal.reason });
  const isOurs =
    error instanceof TypeError || error instanceof RangeError || error instanceof errors.InvalidArgumentError;
  if (isOurs || !(error instanceof Error) || !("code" in error)) return error;
  return new TransientFailure(`${name} got no complete answer (${String(error.code)}).`, { cause: error });
}
