// Links on which clients send: messages into a queue.
import type { EventContext, Receiver } from "rhea";
import { send } from "../engine/send.ts";
import type { IncomingMessage, Queue } from "../engine/types.ts";
import { MAX_MESSAGE_BYTES, type Context } from "./context.ts";
import type { AmqpFailure } from "./addresses.ts";
import { readBatch, readMessage } from "./message.ts";
import { RAW_FORMAT, wasOversized } from "./rhea-adapter.ts";
import { MalformedMessage } from "./wire.ts";

/** Message format of a batch: each data section of the body is a message of its own. */
const BATCH_FORMAT = 0x8001_3700;

export const tooLarge = (limit: number): AmqpFailure => ({
  condition: "amqp:link:message-size-exceeded",
  description: `The message is larger than ${limit} bytes.`,
});

function read(context: Context, format: number, bytes: Buffer): readonly IncomingMessage[] | AmqpFailure {
  try {
    if (format === BATCH_FORMAT) return readBatch(bytes, context.newId);
    if (format === RAW_FORMAT) return [readMessage(bytes, context.newId)];
    return { condition: "amqp:not-implemented", description: `Message format ${format} is not supported.` };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return { condition: "amqp:decode-error", description: error.message };
  }
}

/** The received bytes of a message event (see `receiveRaw`: rhea does not decode them). */
export const bytesOfEvent = (event: EventContext): Buffer =>
  Buffer.isBuffer(event.message) ? event.message : Buffer.alloc(0);

/** Takes one transfer; it is accepted when all its messages are durable, and rejected as a whole otherwise. */
export function takeTransfer(context: Context, queue: Queue, link: Receiver, event: EventContext): void {
  const { delivery } = event;
  if (delivery === undefined) return;
  queue.counters.sends += 1;
  const bytes = bytesOfEvent(event);
  const oversized = wasOversized(link) || bytes.byteLength > MAX_MESSAGE_BYTES;
  const messages = oversized ? tooLarge(MAX_MESSAGE_BYTES) : read(context, delivery.format, bytes);
  if ("condition" in messages) {
    delivery.reject(messages);
    return;
  }
  const { hub } = context;
  const result = hub.run((space, now) => send(space, queue, messages, now));
  if (!result.ok) {
    delivery.reject(result.error);
    return;
  }
  hub.whenDurable(() => {
    if (link.session.is_open()) delivery.accept();
  });
}
