// The HTTP client, on undici (undici-client.ts).

import { once } from "../once.ts";
import type { HttpClient, HttpClientOptions } from "./http-client.ts";

/** The client. One per process: it holds the kept connections. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const open = once(async () => (await import("./undici-client.ts")).openHttpClient(options));
  return {
    send: async (request) => (await open()).send(request),
    close: async () => (await open()).close(),
  };
}
