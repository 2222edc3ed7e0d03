// A failure whose message is one complete sentence for the person at the terminal: what is wrong, where, what to do.

/** Printed as it is, without a stack trace, by `npm run local`; the process then ends with exit code 1. */
export class ClearError extends Error {
  override readonly name = "ClearError";
}

/** The system's code of a failure (`EADDRINUSE`, `ENOENT`, ...), or undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** One line for the terminal: the message of an error, or the value itself as text. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
