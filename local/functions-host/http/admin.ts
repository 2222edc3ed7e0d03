// The one call of the host's admin API that is used here: `POST /admin/functions/{name}` runs a function by hand. And one
// that the real host does not have: `POST /admin/host/clock` moves the wall clock of host and app by `input` milliseconds.
import type { HostFunction } from "../function-index.ts";
import { shiftClock } from "../shifted-clock.ts";
import { sendEmpty, type HttpCall } from "./http-message.ts";

const MAX_INPUT_BYTES = 1_048_576;

export interface AdminOptions {
  readonly functions: readonly HostFunction[];
  /** Starts a run and does not wait for its end. */
  readonly runByHand: (fn: HostFunction, input: string) => void;
}

/** Handler of everything below /admin; without key, but only for programs that address the host by a loopback name. */
export function adminApi({ functions, runByHand }: AdminOptions): (call: HttpCall) => Promise<void> {
  return async (call) => {
    if (!isFromThisMachine(call)) {
      sendEmpty(call, 403);
      return;
    }
    if (call.request.method === "POST" && call.path === "/admin/host/clock") {
      const offsetMs = Number(await readInput(call));
      if (!Number.isSafeInteger(offsetMs))
        return sendProblem(call, `The body must be JSON such as {"input": "3600000"}.`);
      shiftClock(offsetMs);
      return sendEmpty(call, 202);
    }
    const name = /^\/admin\/functions\/([\w-]+)\/?$/iu.exec(call.path)?.[1]?.toLowerCase();
    const fn = functions.find((one) => one.name.toLowerCase() === name);
    if (call.request.method !== "POST" || fn?.trigger === undefined) sendEmpty(call, 404);
    else if (fn.trigger.kind === "http") sendProblem(call, `'${fn.name}' has an HTTP trigger; call its route instead.`);
    else {
      const input = await readInput(call);
      if (input === undefined) sendProblem(call, `The body must be JSON such as {"input": ""}.`);
      else {
        runByHand(fn, input);
        sendEmpty(call, 202);
      }
    }
  };
}

/** Keeps web pages out: they can reach 127.0.0.1, but not without their own Origin or a foreign Host. */
function isFromThisMachine({ request }: HttpCall): boolean {
  const isLoopback = (host: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/iu.test(host);
  const { host, origin } = request.headers;
  const originHost = origin === undefined ? undefined : origin.replace(/^https?:\/\//u, "");
  return (host === undefined || isLoopback(host)) && (originHost === undefined || isLoopback(originHost));
}

/** The text of `input` in the body; undefined when the body is not such JSON or too large. */
async function readInput({ request }: HttpCall): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_INPUT_BYTES) return undefined;
    chunks.push(bytes);
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof parsed !== "object" || parsed === null) return undefined;
    const input = "input" in parsed ? parsed.input : "";
    return typeof input === "string" ? input : JSON.stringify(input ?? "");
  } catch {
    return undefined;
  }
}

function sendProblem({ response, request }: HttpCall, message: string): void {
  if (!request.complete) response.setHeader("Connection", "close");
  response.setHeader("Server", "Kestrel");
  response.writeHead(400, { "Content-Type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ message }));
}
