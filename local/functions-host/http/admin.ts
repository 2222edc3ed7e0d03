// The admin API of the host: functions, status, drain and resume, and runs by hand.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { HostFunction } from "../function-index.ts";
import { sendEmpty, type HttpCall } from "./http-message.ts";
import { keyLevel, type Keys } from "./keys.ts";

const MAX_INPUT_BYTES = 1_048_576;

export interface DrainStatus {
  readonly state: "Disabled" | "InProgress" | "Completed";
  readonly outstandingInvocations: number;
  readonly outstandingRetries: number;
}

export interface AdminOptions {
  readonly functions: readonly HostFunction[];
  readonly keys: Keys;
  /** False: reachable without key, but only by programs that address the host by a loopback name. */
  readonly requireKeys: boolean;
  /** Starts a run and does not wait for its end; tells what is wrong with the input, if anything. */
  readonly runByHand: (fn: HostFunction, input: string) => string | undefined;
  readonly drain: () => void;
  readonly drainStatus: () => DrainStatus;
  readonly resume: () => void;
}

/** Handler of everything below /admin. */
export function adminApi(options: AdminOptions): (call: HttpCall) => Promise<void> {
  const instanceId = randomUUID();
  return async (call) => {
    const refused = refusal(options, call);
    if (refused !== undefined) {
      sendEmpty(call, refused, refused === 401 ? { "WWW-Authenticate": "Bearer" } : {});
      return;
    }
    const key = `${call.request.method ?? ""} ${call.path.replace(/\/$/u, "").toLowerCase()}`;
    const named = /^\w+ \/admin\/functions\/(?<name>[\w-]+)(?<rest>\/status)?$/u.exec(key)?.groups;
    if (named !== undefined) await onFunction(options, call, named["name"] ?? "", named["rest"] !== undefined);
    else onHost(options, call, key, instanceId);
  };
}

function refusal({ requireKeys, keys }: AdminOptions, call: HttpCall): 401 | 403 | undefined {
  if (!requireKeys) return isFromThisMachine(call) ? undefined : 403;
  const level = keyLevel(call.request, call.query, keys);
  if (level === "master") return undefined;
  return level === "none" ? 401 : 403;
}

/** Keeps web pages out: they can reach 127.0.0.1, but not without their own Origin or a foreign Host. */
function isFromThisMachine({ request }: HttpCall): boolean {
  const isLoopback = (host: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/iu.test(host);
  const { host, origin } = request.headers;
  const originHost = origin === undefined ? undefined : origin.replace(/^https?:\/\//u, "");
  return (host === undefined || isLoopback(host)) && (originHost === undefined || isLoopback(originHost));
}

function onHost(options: AdminOptions, call: HttpCall, key: string, instanceId: string): void {
  switch (key) {
    case "GET /admin/functions":
      sendJson(
        call,
        200,
        options.functions.map((fn) => describe(fn, call)),
      );
      return;
    case "GET /admin/host/status":
      sendJson(call, 200, hostStatus(options, instanceId));
      return;
    case "GET /admin/host/ping":
    case "POST /admin/host/ping":
      sendEmpty(call, 200);
      return;
    case "POST /admin/host/drain":
      options.drain();
      sendEmpty(call, 202);
      return;
    case "GET /admin/host/drain/status":
      sendJson(call, 200, options.drainStatus());
      return;
    case "POST /admin/host/resume":
      options.resume();
      sendJson(call, 200, { state: "Running" });
      return;
    default:
      sendEmpty(call, 404);
  }
}

const hostStatus = ({ functions }: AdminOptions, instanceId: string) => ({
  id: "local",
  state: "Running",
  version: "4.1037.0.0",
  instanceId,
  computerName: hostname(),
  processUptime: Math.round(process.uptime() * 1000),
  errors: functions.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error}`])),
});

async function onFunction(options: AdminOptions, call: HttpCall, name: string, isStatus: boolean): Promise<void> {
  const fn = options.functions.find((one) => one.name.toLowerCase() === name);
  const method = call.request.method ?? "";
  if (fn === undefined || (isStatus && method !== "GET")) sendEmpty(call, 404);
  else if (isStatus) sendJson(call, 200, { isDisabled: fn.isDisabled, errors: errorsOf(fn) });
  else if (method === "GET") sendJson(call, 200, describe(fn, call));
  else if (method === "POST") await runByHand(options, call, fn);
  else sendEmpty(call, 404);
}

async function runByHand(options: AdminOptions, call: HttpCall, fn: HostFunction): Promise<void> {
  if (fn.trigger === undefined) {
    sendEmpty(call, 404);
    return;
  }
  if (fn.trigger.kind === "http") {
    sendJson(call, 400, { message: `'${fn.name}' has an HTTP trigger; call its route instead.` });
    return;
  }
  const input = await readInput(call);
  const problem = input === undefined ? `The body must be JSON such as {"input": ""}.` : options.runByHand(fn, input);
  if (problem === undefined) sendEmpty(call, 202);
  else sendJson(call, 400, { message: problem });
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

const errorsOf = (fn: HostFunction): readonly string[] => (fn.error === undefined ? [] : [fn.error]);

function describe(fn: HostFunction, call: HttpCall) {
  const origin = new URL(call.url).origin;
  const route = fn.trigger?.kind === "http" ? fn.trigger.route.text : undefined;
  return {
    name: fn.name,
    href: `${origin}/admin/functions/${fn.name}`,
    invoke_url_template: route === undefined ? null : `${origin}/${route}`,
    language: "node",
    isDisabled: fn.isDisabled,
    config: {
      name: fn.name,
      bindings: Object.entries(fn.metadata.bindings).map(([name, binding]) => Object.assign({}, binding, { name })),
    },
    errors: errorsOf(fn),
  };
}

function sendJson({ response, request }: HttpCall, status: number, body: unknown): void {
  if (!request.complete) response.setHeader("Connection", "close");
  response.setHeader("Server", "Kestrel");
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
