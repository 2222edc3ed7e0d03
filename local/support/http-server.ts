// A small HTTP server for the local parts: loopback only, every request and body bounded, a stop that ends.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ClearError, errorCode, errorText } from "./clear-error.ts";

const STOP_MS = 2000;

export interface LocalServer {
  readonly port: number;
  /** e.g. `http://127.0.0.1:7082`, without a trailing slash. */
  readonly url: string;
  /** Ends idle connections at once and running requests after at most 2 seconds. */
  stop(): Promise<void>;
}

/** Refuses the request with this status; anything else a handler throws is answered with a bare 500. */
export class HttpRefusal extends Error {
  override readonly name = "HttpRefusal";
  readonly status: number;
  /** As the part's own error shape names it, where that has names. */
  readonly code: string;
  constructor(status: number, message: string, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface ListenOptions {
  readonly part: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly host?: string;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Writes the answer to a refused request in the part's own error shape. */
  readonly refuse: (response: ServerResponse, status: number, message: string) => void;
}

/** @throws ClearError when the port cannot be had. */
export async function listen(options: ListenOptions): Promise<LocalServer> {
  const host = options.host ?? "127.0.0.1";
  const server = createServer({ keepAliveTimeout: 30_000, headersTimeout: 10_000, requestTimeout: 30_000 });
  server.on("request", (request, response) => {
    options.handle(request, response).catch((error: unknown) => {
      if (!(error instanceof HttpRefusal)) console.error(`${options.part}: ${errorText(error)}`);
      if (response.headersSent) response.destroy();
      else if (error instanceof HttpRefusal) options.refuse(response, error.status, error.message);
      else options.refuse(response, 500, "Unexpected failure, see the log of this part.");
    });
  });
  await bind(server, options.part, options.port, host);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return { port, url: `http://${host}:${port}`, stop: () => close(server) };
}

function bind(server: Server, part: string, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const code = errorCode(error);
      const what =
        code === "EADDRINUSE"
          ? `port ${port} on ${host} is in use`
          : `cannot listen on ${host}:${port} (${code ?? ""})`;
      reject(new ClearError(`${part}: ${what}. End the program that holds it or choose another port with --port.`));
    };
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), STOP_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** The request's path and query; its host is meaningless. @throws HttpRefusal 400 when it cannot be read. */
export function requestUrl(request: IncomingMessage): URL {
  const text = `http://localhost${request.url ?? ""}`;
  if (!URL.canParse(text)) throw new HttpRefusal(400, "The request target is not a path.");
  return new URL(text);
}

/**
 * The whole request body.
 * @throws HttpRefusal 413 above `maxBytes`, 400 when the client goes away before its end.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = new HttpRefusal(413, `The request body is larger than ${maxBytes} bytes.`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > maxBytes) throw tooLarge;
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    throw new HttpRefusal(400, "The request ended before its body was complete.");
  }
  return Buffer.concat(chunks, size);
}

/** Parses a JSON body. @throws HttpRefusal 400 when it is not JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpRefusal(400, "The request body is not valid JSON.");
  }
}

/** Answers with JSON. An answer above 400 to an unread body closes the connection, so that it cannot be misread. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = Buffer.from(JSON.stringify(body));
  if (!response.req.complete) response.setHeader("Connection", "close");
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": text.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(text);
}
