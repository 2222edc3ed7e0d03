// The operations of `<entity>/$management`: their request and reply maps, as the SDKs speak them.
import { peek } from "../engine/browse.ts";
import { renewLocks } from "../engine/receive.ts";
import type { Refusal } from "../engine/refusals.ts";
import { send } from "../engine/send.ts";
import { renewSession } from "../engine/sessions.ts";
import { settle } from "../engine/settle.ts";
import type { IncomingMessage, Queue } from "../engine/types.ts";
import type { Result } from "../../../shared/kernel/result.ts";
import { MAX_MESSAGE_BYTES, type Context } from "./context.ts";
import { readMessage, writeMessage } from "./message.ts";
import * as amqp from "./values.ts";

export interface Outcome {
  readonly status: number;
  readonly description: string;
  readonly condition?: string;
  readonly body: unknown;
}

type Operation = (context: Context, queue: Queue, fields: amqp.Fields) => Outcome;

const done = (body: unknown = {}): Outcome => ({ status: 200, description: "OK", body });
const empty = (): Outcome => ({ status: 204, description: "No content", body: {} });

const STATUS: Readonly<Record<string, number>> = {
  "com.microsoft:message-lock-lost": 410,
  "com.microsoft:session-lock-lost": 410,
  "com.microsoft:session-cannot-be-locked": 410,
  "com.microsoft:server-busy": 503,
  "amqp:not-implemented": 501,
  "amqp:resource-limit-exceeded": 403,
  "amqp:link:message-size-exceeded": 403,
};

const refused = ({ condition, description }: Refusal): Outcome => ({
  status: STATUS[condition] ?? 400,
  description,
  condition,
  body: {},
});

const badRequest = (description: string): Outcome => refused({ condition: "amqp:invalid-field", description });

const notImplemented = (what: string): Outcome =>
  refused({ condition: "amqp:not-implemented", description: `${what} is not supported by this broker.` });

const from = <T>(result: Result<T, Refusal>, body: (value: T) => unknown): Outcome =>
  result.ok ? done(body(result.value)) : refused(result.error);

/** Lock numbers of the request's tokens; a token of another broker start becomes a lock that does not exist. */
const locksOf = (context: Context, fields: amqp.Fields): readonly number[] =>
  amqp.itemsOf(fields.get("lock-tokens")).map((item) => {
    const bytes = amqp.bytesOf(item);
    return (bytes === undefined ? undefined : context.tokens.fromUuid(bytes)) ?? 0;
  });

const peekMessages: Operation = (context, queue, fields) => {
  const query = {
    fromSequence: amqp.numberOf(fields.get("from-sequence-number")) ?? 0,
    count: amqp.numberOf(fields.get("message-count")) ?? 1,
  };
  const messages = context.hub.run((space, now) => peek(space, queue, query, now));
  if (messages.length === 0) return empty();
  return done({
    messages: messages.map((message) => ({ message: amqp.binary(writeMessage(message, message.lock?.until)) })),
  });
};

const schedule: Operation = (context, queue, fields) => {
  const incoming: IncomingMessage[] = [];
  for (const item of amqp.itemsOf(fields.get("messages"))) {
    const bytes = amqp.bytesOf(amqp.fieldsOf(item).get("message"));
    if (bytes === undefined) return badRequest("schedule-message needs a list of maps with a binary `message`.");
    if (bytes.byteLength > MAX_MESSAGE_BYTES) {
      const description = `The message has ${bytes.byteLength} bytes, allowed are ${MAX_MESSAGE_BYTES}.`;
      return refused({ condition: "amqp:link:message-size-exceeded", description });
    }
    incoming.push(readMessage(bytes, context.newId));
  }
  const result = context.hub.run((space, now) => send(space, queue, incoming, now));
  return from(result, (sequences) => ({ "sequence-numbers": amqp.longs(sequences) }));
};

const DISPOSITIONS: Readonly<Record<string, "complete" | "abandon">> = { completed: "complete", abandoned: "abandon" };

const updateDisposition: Operation = (context, queue, fields) => {
  const status = amqp.textOf(fields.get("disposition-status")) ?? "";
  const disposition = DISPOSITIONS[status];
  if (disposition === undefined) return notImplemented(`Disposition '${status}'`);
  const locks = locksOf(context, fields);
  return from(
    context.hub.run((space, now) => settle(space, queue, locks, disposition, now)),
    () => ({}),
  );
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "renew-lock": (context, queue, fields) =>
    from(
      context.hub.run((space, now) => renewLocks(space, queue, locksOf(context, fields), now)),
      (ends) => ({ expirations: amqp.timestamps(ends) }),
    ),
  "renew-session-lock": (context, queue, fields) =>
    from(
      context.hub.run((space, now) => renewSession(space, queue, amqp.textOf(fields.get("session-id")) ?? "", now)),
      (end) => ({ expiration: amqp.timestamp(end) }),
    ),
  "peek-message": peekMessages,
  "schedule-message": schedule,
  "update-disposition": updateDisposition,
};

const PREFIX = "com.microsoft:";

/** Runs one request. */
export function manage(context: Context, queue: Queue, request: amqp.Request): Outcome {
  const name = amqp.textOf(request.applicationProperties.get("operation")) ?? "";
  const operation = name.startsWith(PREFIX) ? OPERATIONS[name.slice(PREFIX.length)] : undefined;
  if (operation === undefined) {
    return notImplemented(`Operation '${name}'`);
  }
  return operation(context, queue, amqp.fieldsOf(request.body));
}
