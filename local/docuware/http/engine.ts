// One HTTP server behind any number of listening ports: a port costs one socket, not one server with its own timers, so
// two thousand organisations fit into one small process. The port that a request came in on chooses its handler.
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createNetServer } from "node:net";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { ClearError } from "../../support/clear-error.ts";
import { Exchange } from "./exchange.ts";
import type { Outcome } from "./reply.ts";
import { jsonReply } from "./reply.ts";

export type Handler = (exchange: Exchange) => Promise<Outcome>;

const HOST = "127.0.0.1";

export class HttpEngine {
  readonly #server: Server;
  readonly #listeners: NetServer[] = [];
  readonly #handlers = new Map<number, Handler>();
  readonly #sockets = new Set<Socket>();
  #inFlight = 0;

  constructor() {
    this.#server = createHttpServer(
      { keepAliveTimeout: 30_000, headersTimeout: 10_000, requestTimeout: 120_000, noDelay: true },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      else socket.destroy();
    });
  }

  /** Listens on `port` (0: a free one) and answers with the port. `purpose` names it in the error when it is in use. */
  async listen(port: number, purpose: string, handler: Handler): Promise<number> {
    // The first port is the HTTP server's own, because only a listening server enforces its request timeouts.
    const first = this.#listeners.length === 0;
    const listener = first ? this.#server : createNetServer((socket) => this.#server.emit("connection", socket));
    this.#listeners.push(listener);
    const bound = await bind(listener, port, purpose);
    this.#handlers.set(bound, handler);
    return bound;
  }

  /** Refuses new connections, gives requests in flight up to `graceMs`, then closes every connection. */
  async stop(graceMs = 1000): Promise<void> {
    const closed = this.#listeners.map(
      (listener) => new Promise<void>((resolve) => (listener.listening ? listener.close(() => resolve()) : resolve())),
    );
    this.#server.closeIdleConnections();
    const deadline = performance.now() + graceMs;
    while (this.#inFlight > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(request, response);
    this.#inFlight++;
    try {
      const handler = this.#handlers.get(request.socket.localPort ?? 0);
      send(response, handler === undefined ? jsonReply(503, { Message: "Starting." }) : await handler(exchange));
    } catch (error) {
      // A handler translates what it expects; what arrives here is a defect or a client that hung up.
      if (!exchange.gone.aborted && request.errored === null) {
        console.error(`${exchange.method} ${exchange.path} failed:`, error);
        send(response, jsonReply(500, { Message: "Internal error of the simulator." }));
      }
    } finally {
      this.#inFlight--;
    }
  }
}

function send(response: ServerResponse, outcome: Outcome): void {
  if (outcome === "drop") {
    response.destroy();
    return;
  }
  if (response.destroyed || response.headersSent) return;
  response.writeHead(outcome.status, { ...outcome.headers, "content-length": String(outcome.body.length) });
  response.end(response.req.method === "HEAD" ? undefined : outcome.body);
}

function bind(listener: NetServer, port: number, purpose: string): Promise<number> {
  return new Promise((resolve, reject) => {
    // Stays for good: an accept that fails later (too many open files) must not end the process.
    listener.on("error", (error: NodeJS.ErrnoException) => {
      const known = error.code === "EADDRINUSE" || error.code === "EACCES";
      const why = error.code === "EACCES" ? "may not be opened by this user" : "is in use by another process";
      reject(
        known ? new ClearError(`docuware: port ${port} (${purpose}) ${why}; stop it or choose another port.`) : error,
      );
    });
    listener.listen(port, HOST, () => resolve(addressOf(listener).port));
  });
}

function addressOf(listener: NetServer): AddressInfo {
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no TCP address.");
  return address;
}
