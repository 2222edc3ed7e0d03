// What the caller must do about a failure. Adapters translate SDK and HTTP errors into these at the edge, keeping
// `cause`; everything else that is thrown is a defect.

import { foreignText } from "./foreign-text.ts";

interface FailureOptions {
  readonly cause?: unknown;
}

/** Worth another try, not before `retryAfterMs` milliseconds when the other side said so. */
export class TransientFailure extends Error {
  override readonly name = "TransientFailure";
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: FailureOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Trying again cannot help: the request itself is refused. */
export class PermanentFailure extends Error {
  override readonly name = "PermanentFailure";
  constructor(message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
  }
}

/** Of several failures the one to throw: the first that is worth another try, or else the first. */
export const firstToRetry = (failures: readonly unknown[]): unknown =>
  failures.find((one) => one instanceof TransientFailure) ?? failures[0];

/** One line for logs and history: the message and those of its causes, bounded, without secrets, never a stack or a body. */
export function describeFailure(error: unknown, maxLength = 500): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && parts.length < 4) {
    parts.push(current.message);
    current = current.cause;
  }
  const text = parts.length > 0 ? parts.join(": ") : String(error);
  return foreignText(text, maxLength);
}
