// Brings messages and receivers together. Work is only noted when something happens and done in a later turn of the
// event loop: rhea must not be given transfers while it reports a flow, and many notes cost one pass.
import type { Queue, SessionLock } from "../engine/types.ts";
import { acceptNextSession } from "../engine/sessions.ts";
import type { Consumer } from "./consumer.ts";
import type { Context } from "./context.ts";

/** Deliveries of one pass, after which other work of the process gets its turn. */
const PASS_LIMIT = 512;
/** Deliveries to one receiver before the next one of the queue gets some. */
const TURN_LIMIT = 32;

/** A receiver that waits for any session of a queue. */
export interface Waiter {
  readonly owner: number;
  readonly grant: (lock: SessionLock) => void;
}

export class Dispatcher {
  readonly #context: Context;
  readonly #consumers = new Map<Queue, Set<Consumer>>();
  readonly #owners = new Map<number, Consumer>();
  readonly #waiters = new Map<Queue, Set<Waiter>>();
  readonly #hungry = new Set<Consumer>();
  readonly #busy = new Set<Queue>();
  #scheduled = false;
  #lastOwner = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  nextOwner(): number {
    this.#lastOwner += 1;
    return this.#lastOwner;
  }

  add(consumer: Consumer): void {
    if (consumer.session !== undefined) this.#owners.set(consumer.session.owner, consumer);
    else {
      const consumers = this.#consumers.get(consumer.queue) ?? new Set();
      consumers.add(consumer);
      this.#consumers.set(consumer.queue, consumers);
    }
    this.feed(consumer);
  }

  remove(consumer: Consumer): void {
    this.#consumers.get(consumer.queue)?.delete(consumer);
    if (consumer.session !== undefined) this.#owners.delete(consumer.session.owner);
    this.#hungry.delete(consumer);
  }

  ownerOf(lock: SessionLock): Consumer | undefined {
    return this.#owners.get(lock.owner);
  }

  /** Grants the next free session to the waiter, now or later. Returns a function that withdraws it. */
  wait(queue: Queue, waiter: Waiter): () => void {
    const waiters = this.#waiters.get(queue) ?? new Set();
    waiters.add(waiter);
    this.#waiters.set(queue, waiters);
    this.#note(queue);
    return () => waiters.delete(waiter);
  }

  /** How many receivers wait for any session of the queue. */
  waiting(queue: Queue): number {
    return this.#waiters.get(queue)?.size ?? 0;
  }

  /** A receiver gave credit, or its connection can take data again. */
  feed(consumer: Consumer): void {
    this.#hungry.add(consumer);
    this.#schedule();
  }

  onWork(queues: Iterable<Queue>, owners: Iterable<number>): void {
    for (const queue of queues) this.#note(queue);
    for (const owner of owners) {
      const consumer = this.#owners.get(owner);
      if (consumer !== undefined) this.feed(consumer);
    }
  }

  #note(queue: Queue): void {
    this.#busy.add(queue);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pass();
    });
  }

  #pass(): void {
    let left = PASS_LIMIT;
    const hungry = [...this.#hungry];
    this.#hungry.clear();
    for (const consumer of hungry) {
      const sent = consumer.deliver(Math.min(TURN_LIMIT, Math.max(left, 0)));
      left -= sent;
      // A full turn: there may be more. The others come first.
      if (sent === TURN_LIMIT || left <= 0) this.feed(consumer);
    }
    const busy = [...this.#busy];
    this.#busy.clear();
    for (const queue of busy) {
      if (queue.options.requiresSession) this.#serveWaiters(queue);
      else left -= this.#serveQueue(queue, left);
    }
  }

  #serveQueue(queue: Queue, limit: number): number {
    const consumers = this.#consumers.get(queue);
    let sent = 0;
    for (const consumer of consumers ?? []) {
      if (queue.counts.ready === 0) break;
      if (!consumer.isHungry) continue;
      if (sent >= limit) {
        this.#note(queue);
        break;
      }
      const count = consumer.deliver(TURN_LIMIT);
      if (count === 0) break;
      sent += count;
      // To the end of the line: the next message is somebody else's.
      consumers?.delete(consumer);
      consumers?.add(consumer);
    }
    return sent;
  }

  #serveWaiters(queue: Queue): void {
    const waiters = this.#waiters.get(queue);
    for (const waiter of waiters ?? []) {
      const { hub } = this.#context;
      const lock = hub.run((space, now) => acceptNextSession(space, queue, waiter.owner, now, hub.durable));
      if (lock === undefined) break;
      waiters?.delete(waiter);
      waiter.grant(lock);
    }
  }
}
