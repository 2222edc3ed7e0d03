// Port of one POST to an address that somebody else chose.

import type { Target } from "./target.ts";

export interface OutboundPost {
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface OutboundAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 200 characters, on one line. */
  readonly excerpt: string;
}

/** Throws TransientFailure when no answer came, also when the signal ends it: it may have arrived all the same. */
export type PostOnce = (post: OutboundPost, signal: AbortSignal) => Promise<OutboundAnswer>;
