// The HTTP side of the host: route first, then body, then the function.
import { createServer, type Server } from "node:http";
import { ClearError } from "../../support/clear-error.ts";
import type { HostFunction } from "../function-index.ts";
import type { HostConfig } from "../host-config.ts";
import type { Invoker } from "../invoker.ts";
import { describeError, type HostLog } from "../log.ts";
import { httpCall, readBody, sendEmpty, sendResult, toHttpData, type HttpCall } from "./http-message.ts";
import type { RequestExporter } from "./request-telemetry.ts";

const REASON = "This function was programmatically called via the host APIs.";

export interface HttpHostOptions {
  readonly config: HostConfig;
  readonly functions: readonly HostFunction[];
  readonly invoker: Invoker;
  readonly log: HostLog;
  /** Undefined when telemetry is off. */
  readonly exportRequest?: RequestExporter | undefined;
  /** Answers everything below /admin. */
  readonly admin: (call: HttpCall) => Promise<void>;
}

/** A server that is not listening yet. */
export function createHttpHost(options: HttpHostOptions): Server {
  const server = createServer({ keepAliveTimeout: 120_000, headersTimeout: 30_000, requestTimeout: 300_000 });
  server.on("request", (request, response) => {
    const call = httpCall(request, response);
    if (call === undefined) {
      response.writeHead(400, { Server: "Kestrel", Connection: "close", "Content-Length": "0" }).end();
      return;
    }
    response.on("error", () => response.destroy());
    const began = performance.now();
    response.on("finish", () =>
      options.exportRequest?.(request.method ?? "", call.url, response.statusCode, performance.now() - began),
    );
    // A kept-alive connection whose last answer came after the port was closed would hold up the stop.
    response.on("close", () => setImmediate(() => server.listening || server.closeIdleConnections()));
    dispatch(options, call).catch((error: unknown) => {
      // A caller that went away is no failure of the host.
      if (!request.destroyed) options.log.write("error", "Host.Http", describeError(error));
      if (response.headersSent) response.destroy();
      else sendEmpty(call, 500);
    });
  });
  return server;
}

async function dispatch(options: HttpHostOptions, call: HttpCall): Promise<void> {
  if (/^\/admin(?:\/|$)/iu.test(call.path)) {
    await options.admin(call);
    return;
  }
  const found = findFunction(options.functions, call);
  if (found === undefined) sendEmpty(call, 404);
  else await runFunction(options, found, call);
}

interface Found {
  readonly fn: HostFunction;
  readonly params: Readonly<Record<string, string>>;
}

/** No template precedence: the first function by name whose route and methods fit. */
function findFunction(functions: readonly HostFunction[], call: HttpCall): Found | undefined {
  const method = call.request.method ?? "GET";
  for (const fn of functions) {
    const { trigger } = fn;
    if (trigger?.kind !== "http") continue;
    if (trigger.methods !== undefined && !trigger.methods.includes(method)) continue;
    const params = trigger.route.match(call.path);
    if (params !== undefined) return { fn, params };
  }
  return undefined;
}

async function runFunction(options: HttpHostOptions, { fn, params }: Found, call: HttpCall): Promise<void> {
  const body = await readBody(call.request, options.config.maxRequestBytes);
  if (body === "tooLarge") {
    options.log.write("error", `Function.${fn.name}`, "Request body too large.");
    sendEmpty(call, 500);
    return;
  }
  const outcome = await options.invoker.run(fn, { reason: REASON, data: toHttpData(call, params, body) });
  const data = outcome.ok ? outcome.response.returnValue : undefined;
  if (!outcome.ok) sendEmpty(call, 500);
  else if (data?.http === undefined || data.http === null) sendEmpty(call, 204);
  else sendResult(call, data.http);
}

const ADDRESS = "127.0.0.1";

/** Opens the port on this machine. @throws ClearError when it cannot be had. */
export function openPort(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const code = "code" in error ? String(error.code) : error.message;
      const what =
        code === "EADDRINUSE"
          ? `port ${port} on ${ADDRESS} is in use`
          : `cannot listen on ${ADDRESS}:${port} (${code})`;
      reject(new ClearError(`functions: ${what}. End the program that holds it or choose another port with --port.`));
    };
    server.once("error", failed);
    server.listen(port, ADDRESS, () => {
      server.off("error", failed);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** Takes no new connection; resolves when the running requests are answered, or cuts them off after the bound. */
export function closePort(server: Server, boundMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), boundMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
