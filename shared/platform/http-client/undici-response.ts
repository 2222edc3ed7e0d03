// What undici answers, in the app's terms.

import type { Dispatcher } from "undici";

/** Several headers of one name become one, as HTTP allows. */
export function headersOf({ headers }: Dispatcher.ResponseData): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
}

/** The body, as undici reads it. Leaving the loop destroys the stream and its connection: the rest is never received. */
export async function* chunksOf({ body }: Dispatcher.ResponseData): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    if (!(chunk instanceof Buffer)) throw new TypeError("undici gave a body chunk that is no Buffer.");
    yield chunk;
  }
}
