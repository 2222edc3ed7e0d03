// One HTTP request on its way through the simulator: case-insensitive query, bounded body, and a signal that fires
// when the client has gone, so that nothing waits for a caller who no longer listens.
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** All request bodies that are held at one moment, in this process. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;
let heldBytes = 0;

export class Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly #query = new Map<string, string>();
  readonly #gone = new AbortController();

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.method = request.method ?? "GET";
    this.url = request.url ?? "/";
    const mark = this.url.indexOf("?");
    this.path = mark === -1 ? this.url : this.url.slice(0, mark);
    if (mark !== -1) {
      for (const [name, value] of new URLSearchParams(this.url.slice(mark + 1))) {
        // DocuWare's own documents mix docid/DocId and dialogId/DialogId: names are case-insensitive, the first wins.
        const key = name.toLowerCase();
        if (!this.#query.has(key)) this.#query.set(key, value);
      }
    }
    response.once("close", () => this.#gone.abort());
  }

  query(name: string): string | undefined {
    return this.#query.get(name.toLowerCase());
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Waits `milliseconds`, or until the client has gone. */
  async pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.gone.aborted) return;
    await sleep(milliseconds, undefined, { signal: this.gone }).catch(() => undefined);
  }

  /** The whole body; throws BodyTooLarge beyond `limit` bytes. What is left of it is drained after the answer. */
  async body(limit: number): Promise<Buffer> {
    const tooLarge = new BodyTooLarge(`The request body is larger than ${limit} bytes.`);
    if (Number(this.header("content-length") ?? 0) > limit) throw tooLarge;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.request.iterator({ destroyOnReturn: false })) {
      const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      size += bytes.length;
      if (size > limit) throw tooLarge;
      this.#hold(bytes.length);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks, size);
  }

  #hold(bytes: number): void {
    if (heldBytes + bytes > MAX_HELD_BYTES) throw new BodyTooLarge("Too many large uploads at once; try again later.");
    heldBytes += bytes;
    const release = (): void => void (heldBytes -= bytes);
    if (this.gone.aborted) release();
    else this.gone.addEventListener("abort", release, { once: true });
  }
}
