// What happens when a client attaches a link: which part of the broker serves it, or why it is refused.
import { defined } from "../../../shared/kernel/defined.ts";
import type { EventContext, Receiver, Sender } from "rhea";
import { acceptSession, releaseSession } from "../engine/sessions.ts";
import type { Queue, SessionLock } from "../engine/types.ts";
import { entityNotFound, forbidden, notAuthorized, parseAddress, type AmqpFailure } from "./addresses.ts";
import { Consumer } from "./consumer.ts";
import { MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES, queueOf, type Context } from "./context.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { bytesOfEvent, takeTransfer, tooLarge } from "./ingress.ts";
import type { Peer } from "./peer.ts";
import { answerManagement, answerToken } from "./requests.ts";
import { answerAttach, answerDrains, attachNow, wasOversized, withholdAttach } from "./rhea-adapter.ts";
import { MalformedMessage } from "./wire.ts";
import { numberOf, textOf, ticks } from "./values.ts";

/** Value of snd-settle-mode with which a receiver asks for receive-and-delete. */
const SETTLED = 1;
const SESSION_FILTER = "com.microsoft:session-filter";
const TIMEOUT_PROPERTY = "com.microsoft:timeout";
const DEFAULT_TIMEOUT_MS = 60_000;
/** A late answer makes the .NET SDK close its whole connection, so the broker gives up this much earlier. */
const ANSWER_MARGIN_MS = 500;

export interface Attaching {
  readonly context: Context;
  readonly dispatcher: Dispatcher;
  readonly peer: Peer;
  /** Called when the connection has proven who it is. */
  readonly authorized: () => void;
}

const hostOf = ({ peer }: Attaching): string => peer.connection.hostname ?? "localhost";

/** Answers the attach with an empty terminus, which announces the detach with the reason. */
const refuse = (link: Sender | Receiver, { condition, description }: AmqpFailure): void =>
  link.close({ condition, description });

const isAuthorized = ({ context, peer }: Attaching): boolean => peer.authorizedUntil > context.now();

/** A malformed request must not take the connection down; its client runs into its timeout. */
function tolerant(context: Context, link: Receiver, serve: (event: EventContext) => void): void {
  link.on("message", (event: EventContext) => {
    if (wasOversized(link)) {
      // Without the request there is nothing to answer; ending the link tells the client at once.
      refuse(link, tooLarge(MAX_REQUEST_BYTES));
      return;
    }
    try {
      serve(event);
      event.delivery?.accept();
    } catch (error) {
      const description = error instanceof Error ? error.message : String(error);
      context.log(`refused a malformed request: ${description}`);
      const condition = error instanceof MalformedMessage ? "amqp:decode-error" : "amqp:internal-error";
      event.delivery?.reject({ condition, description });
    }
  });
}

/** A client wants to send. */
export function onClientSender(attaching: Attaching, link: Receiver): void {
  const { context, peer } = attaching;
  const target: { readonly address?: string } | null = link.target;
  if (typeof target?.address !== "string") {
    refuse(link, { condition: "amqp:not-implemented", description: "Transactions are not supported by this broker." });
    return;
  }
  const address = parseAddress(target.address);
  const accept = (): void => {
    link.set_target({ address: target.address ?? "" });
    if (link.source !== null) link.set_source(link.source);
    answerAttach(link, { maxMessageSize: MAX_MESSAGE_BYTES });
  };
  if (address.kind === "cbs") {
    accept();
    tolerant(context, link, (event) => answerToken(context, peer, link, bytesOfEvent(event), attaching.authorized));
    return;
  }
  const queue = queueOf(context, address.entity);
  if (!isAuthorized(attaching)) refuse(link, notAuthorized);
  else if (queue === undefined) refuse(link, entityNotFound(hostOf(attaching), address.entity));
  else if (address.kind === "management") {
    accept();
    tolerant(context, link, (event) => answerManagement(context, peer, link, queue, bytesOfEvent(event)));
  } else if (queue.parent !== undefined) {
    refuse(link, forbidden("Messages cannot be sent to a dead-letter queue. Send to the queue itself."));
  } else {
    accept();
    link.on("message", (event: EventContext) => takeTransfer(context, queue, link, event));
  }
}

/** A client wants to receive: replies, or messages of a queue. */
export function onClientReceiver(attaching: Attaching, link: Sender): void {
  const { context, peer } = attaching;
  answerDrains(link);
  const source: { readonly address?: string } | null = link.source;
  const address = parseAddress(source?.address ?? "");
  const queue = address.kind === "cbs" ? undefined : queueOf(context, address.entity);
  if (address.kind !== "cbs" && !isAuthorized(attaching)) refuse(link, notAuthorized);
  else if (address.kind !== "cbs" && queue === undefined) {
    refuse(link, entityNotFound(hostOf(attaching), address.entity));
  } else if (address.kind === "entity" && queue !== undefined) consume(attaching, link, queue);
  else {
    echo(link);
    answerAttach(link, {});
    peer.addReplyLink(link);
  }
}

function echo(link: Sender, filter?: Readonly<Record<string, unknown>>): void {
  link.set_source({ address: link.source.address, ...defined({ filter }) });
  if (link.target !== null) link.set_target(link.target);
}

function consume(attaching: Attaching, link: Sender, queue: Queue): void {
  if (link.snd_settle_mode === SETTLED) {
    refuse(link, {
      condition: "amqp:not-implemented",
      description: "Receive-and-delete is not supported by this broker.",
    });
    return;
  }
  const filter: Readonly<Record<string, unknown>> = link.source.filter ?? {};
  const wantsSession = SESSION_FILTER in filter;
  if (queue.options.requiresSession && !wantsSession) {
    refuse(
      link,
      forbidden("It is not possible for an entity that requires sessions to create a non-sessionful message receiver."),
    );
  } else if (!queue.options.requiresSession && wantsSession) {
    refuse(
      link,
      forbidden("A sessionful message receiver cannot be created on an entity that does not require sessions."),
    );
  } else if (wantsSession) acceptOn(attaching, link, queue, textOf(filter[SESSION_FILTER]));
  else {
    echo(link);
    answerAttach(link, {});
    register(attaching, new Consumer(attaching.context, attaching.peer, link, queue, undefined));
  }
}

function register({ dispatcher, peer }: Attaching, consumer: Consumer): void {
  peer.consumers.set(consumer.link, consumer);
  consumer.link.on("sender_flow", () => dispatcher.feed(consumer));
  dispatcher.add(consumer);
}

function grant(attaching: Attaching, link: Sender, queue: Queue, lock: SessionLock): void {
  echo(link, { [SESSION_FILTER]: lock.sessionId });
  answerAttach(link, { properties: { "com.microsoft:locked-until-utc": ticks(lock.until) } });
  register(attaching, new Consumer(attaching.context, attaching.peer, link, queue, lock));
}

function acceptOn(attaching: Attaching, link: Sender, queue: Queue, sessionId: string | undefined): void {
  const { context, dispatcher } = attaching;
  const owner = dispatcher.nextOwner();
  if (sessionId === undefined) {
    waitForSession(attaching, link, queue, owner);
    return;
  }
  const result = context.hub.run((space, now) => acceptSession(space, queue, sessionId, owner, now));
  if (result.ok) grant(attaching, link, queue, result.value);
  else refuse(link, result.error);
}

/** Holds the attach answer back until a session is free or the client's patience ends. */
function waitForSession(attaching: Attaching, link: Sender, queue: Queue, owner: number): void {
  const { context, dispatcher, peer } = attaching;
  const properties: Readonly<Record<string, unknown>> | undefined = link.properties;
  const patience = numberOf(properties?.[TIMEOUT_PROPERTY]) ?? DEFAULT_TIMEOUT_MS;
  withholdAttach(link);
  const giveUp = setTimeout(
    () => {
      withdraw();
      peer.waiters.delete(link);
      attachNow(link);
      const description = `No session of queue '${queue.options.name}' became available in time.`;
      refuse(link, { condition: "com.microsoft:timeout", description });
    },
    Math.max(0, patience - Math.min(ANSWER_MARGIN_MS, patience / 5)),
  );
  const withdraw = dispatcher.wait(queue, {
    owner,
    grant: (lock) => {
      clearTimeout(giveUp);
      peer.waiters.delete(link);
      if (!link.session.is_open() || !link.is_remote_open()) {
        context.hub.run((space, now) => releaseSession(space, queue, lock, now));
        return;
      }
      grant(attaching, link, queue, lock);
      attachNow(link);
    },
  });
  peer.waiters.set(link, () => {
    clearTimeout(giveUp);
    withdraw();
  });
}
