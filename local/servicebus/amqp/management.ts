// The operations of `<entity>/$management`: their request and reply maps, as the SDKs speak them.
import { peek, purge } from "../engine/browse.ts";
import { receiveDeferred, renewLocks } from "../engine/receive.ts";
import type { Refusal } from "../engine/refusals.ts";
import { cancelScheduled, send } from "../engine/send.ts";
import { listSessions, renewSession, sessionState, setSessionState } from "../engine/sessions.ts";
import { settle, type Disposition } from "../engine/settle.ts";
import type { IncomingMessage, Message, Queue } from "../engine/types.ts";
import type { Result } from "../../../shared/kernel/result.ts";
import { MAX_MESSAGE_BYTES, type Context } from "./context.ts";
import { readMessage, writeMessage } from "./message.ts";
import { propertiesOf } from "./settlement.ts";
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
  "com.microsoft:message-not-found": 404,
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

const from = <T>(result: Result<T, Refusal>, body: (value: T) => unknown): Outcome =>
  result.ok ? done(body(result.value)) : refused(result.error);

const numbersOf = (typed: unknown): readonly number[] =>
  amqp.itemsOf(typed).flatMap((item) => amqp.numberOf(item) ?? []);

/** Lock numbers of the request's tokens; a token of another broker start becomes a lock that does not exist. */
const locksOf = (context: Context, fields: amqp.Fields): readonly number[] =>
  amqp.itemsOf(fields.get("lock-tokens")).map((item) => {
    const bytes = amqp.bytesOf(item);
    return (bytes === undefined ? undefined : context.tokens.fromUuid(bytes)) ?? 0;
  });

const viewOf = (message: Message) => ({ lockedUntil: message.lock?.until });

const peekMessages: Operation = (context, queue, fields) => {
  const query = {
    fromSequence: amqp.numberOf(fields.get("from-sequence-number")) ?? 0,
    count: amqp.numberOf(fields.get("message-count")) ?? 1,
    sessionId: amqp.textOf(fields.get("session-id")),
  };
  const messages = context.hub.run((space, now) => peek(space, queue, query, now));
  if (messages.length === 0) return empty();
  return done({
    messages: messages.map((message) => ({ message: amqp.binary(writeMessage(message, viewOf(message))) })),
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

const receiveBySequence: Operation = (context, queue, fields) => {
  const sequences = numbersOf(fields.get("sequence-numbers"));
  const how = {
    sessionId: amqp.textOf(fields.get("session-id")),
    remove: amqp.numberOf(fields.get("receiver-settle-mode")) === 0,
  };
  const result = context.hub.run((space, now) => receiveDeferred(space, queue, sequences, how, now));
  return from(result, (taken) => ({
    messages: taken.map(({ message, lock }) => ({
      message: amqp.binary(writeMessage(message, { lockedUntil: lock?.until, wasDeferred: true })),
      "lock-token": amqp.uuid(context.tokens.uuid(lock?.id ?? 0)),
    })),
  }));
};

function dispositionOf(fields: amqp.Fields): Disposition | undefined {
  const properties = propertiesOf(amqp.fieldsOf(fields.get("properties-to-modify")));
  switch (amqp.textOf(fields.get("disposition-status"))) {
    case "completed":
      return { kind: "complete" };
    case "abandoned":
      return { kind: "abandon", properties };
    case "defered": // sic, on the wire
    case "deferred":
      return { kind: "defer", properties };
    case "suspended": {
      const reason = amqp.textOf(fields.get("deadletter-reason"));
      return { kind: "deadLetter", reason, description: amqp.textOf(fields.get("deadletter-description")), properties };
    }
    default:
      return undefined;
  }
}

const updateDisposition: Operation = (context, queue, fields) => {
  const disposition = dispositionOf(fields);
  if (disposition === undefined) return badRequest("update-disposition has an unknown disposition-status.");
  const locks = locksOf(context, fields);
  return from(
    context.hub.run((space, now) => settle(space, queue, locks, disposition, now)),
    () => ({}),
  );
};

const sessionsOf: Operation = (context, queue, fields) => {
  const skip = amqp.numberOf(fields.get("skip")) ?? 0;
  const top = Math.min(amqp.numberOf(fields.get("top")) ?? 100, 1000);
  const ids = context.hub.run((space, now) => listSessions(space, queue, skip, top, now));
  return ids.length === 0 ? empty() : done({ skip: amqp.int(skip + ids.length), "sessions-ids": amqp.strings(ids) });
};

const purgeMessages: Operation = (context, queue, fields) => {
  const count = amqp.numberOf(fields.get("message-count")) ?? 0;
  const before = amqp.numberOf(fields.get("enqueued-time-utc")) ?? context.now();
  const deleted = context.hub.run((space, now) => purge(space, queue, count, before, now));
  return done({ "message-count": amqp.int(deleted) });
};

const sessionIdOf = (fields: amqp.Fields): string => amqp.textOf(fields.get("session-id")) ?? "";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "renew-lock": (context, queue, fields) =>
    from(
      context.hub.run((space, now) => renewLocks(space, queue, locksOf(context, fields), now)),
      (ends) => ({ expirations: amqp.timestamps(ends) }),
    ),
  "renew-session-lock": (context, queue, fields) =>
    from(
      context.hub.run((space, now) => renewSession(space, queue, sessionIdOf(fields), now)),
      (end) => ({ expiration: amqp.timestamp(end) }),
    ),
  "get-session-state": (context, queue, fields) =>
    from(
      context.hub.run((space, now) => sessionState(space, queue, sessionIdOf(fields), now)),
      (state) => ({ "session-state": state === undefined ? amqp.nothing() : amqp.binary(state) }),
    ),
  "set-session-state": (context, queue, fields) => {
    const bytes = amqp.bytesOf(fields.get("session-state"));
    const state = bytes === undefined ? undefined : Buffer.from(bytes);
    return from(
      context.hub.run((space, now) => setSessionState(space, queue, sessionIdOf(fields), state, now)),
      () => ({}),
    );
  },
  "peek-message": peekMessages,
  "schedule-message": schedule,
  "cancel-scheduled-message": (context, queue, fields) => {
    const sequences = numbersOf(fields.get("sequence-numbers"));
    return from(
      context.hub.run((space, now) => cancelScheduled(space, queue, sequences, now)),
      () => ({}),
    );
  },
  "receive-by-sequence-number": receiveBySequence,
  "update-disposition": updateDisposition,
  "get-message-sessions": sessionsOf,
  "batch-delete-messages": purgeMessages,
};

const PREFIX = "com.microsoft:";

/** Runs one request. */
export function manage(context: Context, queue: Queue, request: amqp.Request): Outcome {
  const name = amqp.textOf(request.applicationProperties.get("operation")) ?? "";
  const operation = name.startsWith(PREFIX) ? OPERATIONS[name.slice(PREFIX.length)] : undefined;
  if (operation === undefined) {
    return refused({ condition: "amqp:not-implemented", description: `Operation '${name}' is not supported.` });
  }
  return operation(context, queue, amqp.fieldsOf(request.body));
}
