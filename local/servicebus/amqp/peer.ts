// One client connection: its authorisation, its reply links and what has to be cleaned up when it ends.
import type { Connection, Sender, link as Link } from "rhea";
import type { Consumer } from "./consumer.ts";
import { availableCredit, sendBytes, socketOf } from "./rhea-adapter.ts";

/** Bytes a slow client may leave unread before it gets no more messages. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** Replies that wait for credit on one link. */
const MAX_WAITING_REPLIES = 1000;

interface ReplyLink {
  readonly link: Sender;
  readonly waiting: Buffer[];
}

export class Peer {
  readonly connection: Connection;
  readonly consumers = new Map<Sender, Consumer>();
  /** Receivers that wait for a session; the function withdraws them. */
  readonly waiters = new Map<Sender, () => void>();
  /** Milliseconds since the epoch until which the client's token is valid. */
  authorizedUntil = 0;
  readonly #replyLinks = new Map<Sender, ReplyLink>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  get canTake(): boolean {
    return socketOf(this.connection).writableLength < MAX_BUFFERED_BYTES;
  }

  addReplyLink(link: Sender): void {
    const reply: ReplyLink = { link, waiting: [] };
    this.#replyLinks.set(link, reply);
    link.on("sender_flow", () => setImmediate(() => this.#flush(reply)));
  }

  removeReplyLink(link: Sender): void {
    this.#replyLinks.delete(link);
  }

  /** Sends an encoded reply to the link that `replyTo` names; without such a link the client no longer waits for it. */
  reply(request: Link, replyTo: string, bytes: Buffer): void {
    const target = this.#replyLink(request, replyTo);
    if (target === undefined || target.waiting.length >= MAX_WAITING_REPLIES) return;
    target.waiting.push(bytes);
    this.#flush(target);
  }

  /** JS names the link's target address, .NET the link, which is unique in the session only. */
  #replyLink(request: Link, replyTo: string): ReplyLink | undefined {
    const links = [...this.#replyLinks.values()];
    return (
      links.find(({ link }) => link.target?.address === replyTo) ??
      links.find(({ link }) => link.name === replyTo && link.session === request.session) ??
      links.find(({ link }) => link.name === replyTo)
    );
  }

  #flush(reply: ReplyLink): void {
    while (reply.link.is_open() && availableCredit(reply.link) > 0) {
      const bytes = reply.waiting.shift();
      if (bytes === undefined) return;
      sendBytes(reply.link, bytes, undefined);
    }
  }
}
