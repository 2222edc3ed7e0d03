// Everything that reaches into rhea 3.0.5 (pinned) beyond its public interface, with the reason for each. rhea is
// written as a client library; used as a server it needs these six work-arounds and two for speed.
import type { Socket } from "node:net";
import rhea, { type Connection, type Container, type Delivery, type Receiver, type Sender, type Session } from "rhea";

interface Attach {
  snd_settle_mode: unknown;
  rcv_settle_mode: unknown;
  max_message_size: unknown;
  properties: unknown;
}

interface LinkInternals {
  readonly state: { local_open: boolean; open_requests: number };
  readonly local: { readonly attach: Attach };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
}

interface SenderInternals extends LinkInternals {
  _draining: boolean;
  _get_drain: () => boolean;
}

interface Incomplete {
  frames: Buffer[];
}

interface ReceiverInternals extends LinkInternals {
  _incomplete: Incomplete | undefined;
}

interface TransferFrame {
  readonly performative: { message_format: number | null };
  readonly payload: Buffer | undefined;
}

interface SessionInternals {
  readonly outgoing: { available(): number };
  readonly incoming: { on_transfer: (frame: TransferFrame, receiver: ReceiverInternals) => void };
}

interface ConnectionInternals {
  readonly socket: Socket;
  heartbeat_in: NodeJS.Timeout | undefined;
  heartbeat_out: NodeJS.Timeout | undefined;
  abort_idle: NodeJS.Timeout | undefined;
  _register(): void;
  _write_frame(): void;
}

// Boundary helpers: rhea 3.0.5 creates these very objects (lib/link.js, session.js, connection.js); its typings just
// leave the fields out. The version is pinned exactly, and every work-around is covered by a conformance test.
const senderOf = (link: Sender): SenderInternals => link as unknown as SenderInternals;
const receiverOf = (link: Receiver): ReceiverInternals => link as unknown as ReceiverInternals;
const linkOf = (link: Sender | Receiver): LinkInternals => link as unknown as LinkInternals;
const sessionOf = (session: Session): SessionInternals => session as unknown as SessionInternals;
const connectionOf = (connection: Connection): ConnectionInternals => connection as unknown as ConnectionInternals;
const deliveryOf = (delivery: Delivery): { remote_settled: boolean } => delivery;

/** An own container: the module's default one is shared with the SDK when both run in one process. */
export function createContainer(): Container {
  const container = rhea.create_container({ id: "servicebus" });
  const mechanisms = container.sasl_server_mechanisms;
  mechanisms.enable_anonymous();
  // The .NET SDK offers only MSSBCBS, which behaves like ANONYMOUS: the token follows on $cbs.
  mechanisms.MSSBCBS = mechanisms.ANONYMOUS;
  return container;
}

export const LISTEN_OPTIONS = {
  max_frame_size: 65_536,
  channel_max: 4999,
  idle_time_out: 120_000,
  tcp_no_delay: true,
  reconnect: false,
  // Slots of outgoing deliveries are freed from the oldest on, so one message that is held long pins all later ones.
  session_buffer_size: { incoming: 2048, outgoing: 16_384 },
  // Otherwise each `modified` (abandon, defer) is reported a second time as `released`.
  sender_options: { treat_modified_as_released: false, autosettle: false },
  receiver_options: { credit_window: 1000, autoaccept: false },
} as const;

/** Format under which single messages are reported, see `receiveRaw`. Not used by anyone on the wire. */
export const RAW_FORMAT = 0x7fff_0000;

const oversized = new WeakSet<object>();
const received = new WeakMap<object, number>();

/**
 * rhea decodes messages of format 0, which loses number types, and it gathers the frames of a large delivery without
 * limit. This makes it hand over the bytes, and keep none of a delivery that is larger than `maxBytes`.
 */
export function receiveRaw(session: Session, maxBytes: number): void {
  const { incoming } = sessionOf(session);
  const original = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const format = frame.performative.message_format;
    if (format === 0 || format === null) frame.performative.message_format = RAW_FORMAT;
    const bytes = (received.get(receiver) ?? 0) + (frame.payload?.byteLength ?? 0);
    if (bytes > maxBytes) {
      oversized.add(receiver);
      if (receiver._incomplete !== undefined) receiver._incomplete.frames = [];
    }
    received.set(receiver, bytes);
    original(frame, receiver);
    if (receiver._incomplete === undefined) received.delete(receiver);
  };
}

/** Whether the delivery that was just reported on this link was larger than allowed. Asking resets it. */
export const wasOversized = (link: Receiver): boolean => oversized.delete(receiverOf(link));

/** Unsent deliveries per link: rhea takes them out of the credit only when it writes them. */
const handedOver = new WeakMap<object, { count: number; drained: number }>();

function ledger(link: Sender): { count: number; drained: number } {
  const known = handedOver.get(link);
  if (known !== undefined) return known;
  const fresh = { count: 0, drained: 0 };
  handedOver.set(link, fresh);
  return fresh;
}

/** How many more deliveries the link can take: an unsent one without credit would block its whole AMQP session. */
export function availableCredit(link: Sender): number {
  const { credit, delivery_count } = senderOf(link);
  const { count, drained } = ledger(link);
  const unsent = count - (delivery_count - drained);
  return Math.min(credit - unsent, sessionOf(link.session).outgoing.available());
}

/** Sends encoded bytes. Never call it while rhea reports a flow: the transfer would overtake the attach. */
export function sendBytes(link: Sender, bytes: Buffer, tag: Buffer | undefined): void {
  ledger(link).count += 1;
  link.send(bytes, tag, 0);
}

/**
 * rhea answers a drain only while there is credit left. When the last credit was just used, the client would wait in
 * vain and close the link, which loses a session. So: answer always, with whatever credit is left set to none.
 */
export function answerDrains(link: Sender): void {
  const internals = senderOf(link);
  internals._get_drain = () => {
    if (!internals._draining) return false;
    ledger(link).drained += internals.credit;
    internals.delivery_count += internals.credit;
    internals.credit = 0;
    return true;
  };
  link.on("sender_draining", () => {
    internals.issue_flow = true;
    connectionOf(link.connection)._register();
  });
}

/**
 * Settles a delivery for the receiver. It never answers that, and rhea frees the delivery's slot only when both sides
 * settled: without the flag a link stops for good after as many messages as there are slots.
 */
export function settleDelivery(delivery: Delivery, state: unknown): void {
  if (!delivery.link.session.is_open()) return;
  delivery.update(true, state);
  deliveryOf(delivery).remote_settled = true;
}

const ACCEPTED = rhea.message as unknown as Readonly<
  Record<"accepted" | "released", () => { described(): unknown }> &
    Record<"modified" | "rejected", (fields: object) => { described(): unknown }>
>;

/** Outcomes as the broker confirms them. (Boundary: rhea defines these makers at run time, lib/message.js.) */
export const outcome = {
  accepted: (): unknown => ACCEPTED.accepted().described(),
  released: (): unknown => ACCEPTED.released().described(),
  modified: (): unknown => ACCEPTED.modified({ undeliverable_here: false }).described(),
  rejected: (error?: { readonly condition: string; readonly description: string }): unknown =>
    ACCEPTED.rejected(error === undefined ? {} : { error }).described(),
};

/** Takes back the attach answer that rhea is about to send, until `attachNow`. Only from within `sender_open`. */
export function withholdAttach(link: Sender): void {
  const { state } = linkOf(link);
  state.local_open = false;
  state.open_requests -= 1;
}

export const attachNow = (link: Sender): void => link.attach();

export interface AttachAnswer {
  readonly maxMessageSize?: number;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** Fills the attach answer: the settle modes of the client and what else is given. */
export function answerAttach(link: Sender | Receiver, answer: AttachAnswer): void {
  const { attach } = linkOf(link).local;
  attach.snd_settle_mode = link.snd_settle_mode;
  attach.rcv_settle_mode = link.rcv_settle_mode;
  if (answer.maxMessageSize !== undefined) attach.max_message_size = answer.maxMessageSize;
  if (answer.properties !== undefined) attach.properties = answer.properties;
}

export const socketOf = (connection: Connection): Socket => connectionOf(connection).socket;

/**
 * Two measures for speed. rhea writes each frame to the socket on its own: gathered per turn of the event loop they
 * cost one system call. And the JS SDK leaves Nagle's algorithm on, so its next small frame waits some 40 ms for an
 * acknowledgement when the broker has nothing to say: an empty frame acknowledges at once.
 */
export function speedUp(connection: Connection): void {
  const socket = socketOf(connection);
  const write = socket.write.bind(socket);
  let wrote = false;
  let corked = false;
  socket.write = (chunk: Uint8Array | string): boolean => {
    wrote = true;
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    return write(chunk);
  };
  let checking = false;
  // Before rhea's own listener: only what is written from now on acknowledges these data.
  socket.prependListener("data", () => {
    wrote = false;
    if (checking) return;
    checking = true;
    setImmediate(() => {
      checking = false;
      if (!wrote && connection.is_open() && socket.writable) connectionOf(connection)._write_frame();
    });
  });
}

/** After the socket closed: rhea listens to `error` and `end` only and would leave its timers running. */
export function stopTimers(connection: Connection): void {
  const internals = connectionOf(connection);
  clearTimeout(internals.heartbeat_in);
  clearTimeout(internals.heartbeat_out);
  clearTimeout(internals.abort_idle);
}
