// The AMQP listener: connections come, prove who they are, attach links, and are cleaned up however they end.
import type { Server, Socket } from "node:net";
import type { Connection, Container, EventContext, Sender } from "rhea";
import { onClientReceiver, onClientSender, type Attaching } from "./attach.ts";
import { MAX_REQUEST_BYTES, type Context } from "./context.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Peer } from "./peer.ts";
import { createContainer, LISTEN_OPTIONS, receiveRaw, socketOf, speedUp, stopTimers } from "./rhea-adapter.ts";

/** The real service, too, drops a connection that has put no valid token after this time. */
const AUTHORIZE_WITHIN_MS = 20_000;
const MAX_CONNECTIONS = 1000;
/** Time for clients to read the farewell at shutdown. */
const FAREWELL_MS = 1000;

export class AmqpServer {
  readonly dispatcher: Dispatcher;
  readonly #context: Context;
  readonly #container: Container = createContainer();
  readonly #peers = new Map<Connection, Attaching>();
  readonly #deadlines = new Map<Socket, NodeJS.Timeout>();
  #server: Server | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.dispatcher = new Dispatcher(context);
    this.#subscribe();
  }

  /** Resolves with the port when clients can connect. */
  async listen(host: string, port: number): Promise<number> {
    const server = this.#container.listen({ host, port, ...LISTEN_OPTIONS });
    server.maxConnections = MAX_CONNECTIONS;
    server.on("connection", (socket: Socket) => this.#onSocket(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
    });
    server.on("error", (error) => this.#context.log(`AMQP listener: ${error.message}`));
    this.#server = server;
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Tells every client that the broker goes, waits briefly, then closes what is left. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const farewell = { condition: "amqp:connection:forced", description: "The broker is shutting down." };
    for (const connection of this.#peers.keys()) connection.close(farewell);
    const cut = setTimeout(() => {
      for (const socket of this.#deadlines.keys()) socket.destroy();
    }, FAREWELL_MS);
    for (const [socket] of this.#deadlines) if (!this.#isPeer(socket)) socket.destroy();
    await closed;
    clearTimeout(cut);
    for (const attaching of this.#peers.values()) this.#forget(attaching);
  }

  #isPeer(socket: Socket): boolean {
    return [...this.#peers.keys()].some((connection) => socketOf(connection) === socket);
  }

  #onSocket(socket: Socket): void {
    const deadline = setTimeout(() => socket.destroy(), AUTHORIZE_WITHIN_MS);
    this.#deadlines.set(socket, deadline);
    socket.on("close", () => {
      clearTimeout(deadline);
      this.#deadlines.delete(socket);
    });
    // rhea reports errors of its own sockets; this one only keeps an early reset from ending the process.
    socket.on("error", () => {});
  }

  /** An exception in a handler ends that connection only. */
  #on(event: string, handle: (event: EventContext) => void): void {
    this.#container.on(event, (context: EventContext) => {
      try {
        handle(context);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#context.log(`${event} failed: ${reason}`);
        context.connection.close({
          condition: "amqp:internal-error",
          description: "The broker failed on this request.",
        });
      }
    });
  }

  #subscribe(): void {
    this.#on("connection_open", ({ connection }) => this.#welcome(connection));
    this.#on("session_open", ({ session }) => {
      if (session !== undefined) receiveRaw(session, MAX_REQUEST_BYTES);
    });
    this.#on("receiver_open", ({ connection, receiver }) => {
      const attaching = this.#peers.get(connection);
      if (attaching !== undefined && receiver !== undefined) onClientSender(attaching, receiver);
    });
    this.#on("sender_open", ({ connection, sender }) => {
      const attaching = this.#peers.get(connection);
      if (attaching !== undefined && sender !== undefined) onClientReceiver(attaching, sender);
    });
    this.#on("sender_close", ({ connection, sender }) => {
      const attaching = this.#peers.get(connection);
      if (attaching !== undefined && sender !== undefined) this.#forgetLink(attaching, sender);
    });
    this.#on("session_close", ({ connection, session }) => {
      const attaching = this.#peers.get(connection);
      if (attaching === undefined) return;
      const { consumers, waiters } = attaching.peer;
      for (const link of [...consumers.keys(), ...waiters.keys()]) {
        if (link.session === session) this.#forgetLink(attaching, link);
      }
    });
    this.#on("connection_close", ({ connection }) => this.#leave(connection));
    this.#on("disconnected", ({ connection }) => this.#leave(connection));
    // Without listeners these would end the process. The close events that follow do the work.
    for (const event of ["connection_error", "session_error", "sender_error", "receiver_error", "settled"]) {
      this.#container.on(event, () => {});
    }
    for (const event of ["error", "protocol_error"]) {
      this.#container.on(event, (error: unknown) => {
        this.#context.log(`connection dropped: ${error instanceof Error ? error.message : "protocol error"}`);
      });
    }
  }

  #welcome(connection: Connection): void {
    const peer = new Peer(connection);
    const socket = socketOf(connection);
    const authorized = (): void => clearTimeout(this.#deadlines.get(socket));
    this.#peers.set(connection, { context: this.#context, dispatcher: this.dispatcher, peer, authorized });
    speedUp(connection);
    socket.on("drain", () => {
      for (const consumer of peer.consumers.values()) this.dispatcher.feed(consumer);
    });
    socket.on("close", () => {
      stopTimers(connection);
      this.#leave(connection);
    });
  }

  #leave(connection: Connection): void {
    const attaching = this.#peers.get(connection);
    if (attaching === undefined) return;
    this.#peers.delete(connection);
    this.#forget(attaching);
  }

  #forget(attaching: Attaching): void {
    const { consumers, waiters } = attaching.peer;
    for (const link of [...consumers.keys(), ...waiters.keys()]) this.#forgetLink(attaching, link);
  }

  #forgetLink({ peer, dispatcher }: Attaching, link: Sender): void {
    peer.waiters.get(link)?.();
    peer.waiters.delete(link);
    peer.removeReplyLink(link);
    const consumer = peer.consumers.get(link);
    if (consumer === undefined) return;
    peer.consumers.delete(link);
    dispatcher.remove(consumer);
    consumer.close();
  }
}
