// One receiver link of a client: takes messages from its queue or session while there is credit, and settles them.
import type { Delivery, EventContext, Sender } from "rhea";
import { receive } from "../engine/receive.ts";
import { releaseSession } from "../engine/sessions.ts";
import { settle } from "../engine/settle.ts";
import type { MessageLock, Queue, SessionLock } from "../engine/types.ts";
import type { Context } from "./context.ts";
import { writeMessage } from "./message.ts";
import { availableCredit, outcome, sendBytes, settleDelivery } from "./rhea-adapter.ts";
import { confirmationOf, dispositionOf, type OutcomeName } from "./settlement.ts";
import { messageLockLost } from "../engine/refusals.ts";

const OUTCOMES: readonly OutcomeName[] = ["accepted", "released", "modified", "rejected"];

const NOT_SERVED = {
  condition: "amqp:not-implemented",
  description: "Messages can be completed and abandoned here, not deferred, dead-lettered or changed.",
};

/** What a link knows of its connection: whether the client reads fast enough to get more. */
interface Connected {
  readonly canTake: boolean;
}

export class Consumer {
  readonly queue: Queue;
  readonly peer: Connected;
  readonly link: Sender;
  /** The session this link holds; undefined on queues without sessions. */
  readonly session: SessionLock | undefined;
  closed = false;
  readonly #context: Context;

  constructor(context: Context, peer: Connected, link: Sender, queue: Queue, session: SessionLock | undefined) {
    this.#context = context;
    this.peer = peer;
    this.link = link;
    this.queue = queue;
    this.session = session;
    for (const name of OUTCOMES) {
      link.on(name, (event: EventContext) => {
        if (event.delivery !== undefined) this.#settleSafely(name, event.delivery);
      });
    }
  }

  /** Whether a message could be handed to the link now. */
  get isHungry(): boolean {
    return !this.closed && this.link.is_open() && this.peer.canTake && availableCredit(this.link) > 0;
  }

  /** Sends up to `limit` messages; returns how many there were. */
  deliver(limit: number): number {
    if (!this.isHungry) return 0;
    const wanted = Math.min(limit, availableCredit(this.link));
    const taken = this.#context.hub.run((space, now) => {
      const messages: MessageLock[] = [];
      const { durable } = this.#context.hub;
      while (messages.length < wanted) {
        const next = receive(space, this.queue, this.session, now, durable);
        if (next === undefined) break;
        messages.push(next);
      }
      return messages;
    });
    for (const { id, message, until } of taken) {
      sendBytes(this.link, writeMessage(message, until), this.#context.tokens.tag(id));
    }
    return taken.length;
  }

  /** The link or its connection is gone: a session is free at once, other locks run on until they expire. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const { session } = this;
    if (session !== undefined) this.#context.hub.run((space, now) => releaseSession(space, this.queue, session, now));
  }

  /** Ends the link from the broker's side. */
  detach(condition: string, description: string): void {
    this.closed = true;
    if (this.link.is_open()) this.link.close({ condition, description });
  }

  /** rhea calls this outside any event handler of the connection: an exception would end the process. */
  #settleSafely(name: OutcomeName, delivery: Delivery): void {
    try {
      this.#settle(name, delivery);
    } catch (error) {
      const description = error instanceof Error ? error.message : String(error);
      this.#context.log(`refused a settlement: ${description}`);
      settleDelivery(delivery, outcome.rejected({ condition: "amqp:decode-error", description }));
    }
  }

  #settle(name: OutcomeName, delivery: Delivery): void {
    const { hub, tokens } = this.#context;
    const lockId = Buffer.isBuffer(delivery.tag) ? tokens.fromTag(delivery.tag) : undefined;
    const disposition = dispositionOf(name, delivery.remote_state);
    if (disposition === undefined) {
      settleDelivery(delivery, outcome.rejected(NOT_SERVED));
      return;
    }
    const result =
      lockId === undefined
        ? messageLockLost()
        : hub.run((space, now) => settle(space, this.queue, [lockId], disposition, now));
    if (result.ok) hub.whenDurable(() => settleDelivery(delivery, confirmationOf(name)));
    else settleDelivery(delivery, outcome.rejected(result.error));
  }
}
