// Port of one POST to an endpoint. The implementation (undici-post.ts) is loaded with the first one: no function needs it
// to be registered.

import type { Target } from "../platform/outbound/target.ts";

export interface WebhookPost {
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 200 characters, on one line. */
  readonly excerpt: string;
}

/** Throws TransientFailure when no answer came, also when the signal ends it: it may have arrived all the same. */
export type PostWebhook = (post: WebhookPost, signal: AbortSignal) => Promise<WebhookAnswer>;

/** Sends to the checked addresses only. */
export const postWebhook: PostWebhook = async (post, signal) =>
  (await import("./undici-post.ts")).postByUndici(post, signal);
