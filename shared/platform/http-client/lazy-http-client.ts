// The HTTP client, whose undici is loaded with the first request: no function needs it to be registered.

import type { HttpClient, HttpClientOptions } from "./http-client.ts";

/** The client. One per process: it holds the kept connections. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  let opened: Promise<HttpClient> | undefined;
  const open = (): Promise<HttpClient> =>
    (opened ??= import("./undici-client.ts").then(({ openHttpClient }) => openHttpClient(options)));
  return {
    send: async (request) => (await open()).send(request),
    close: async () => (await open()).close(),
  };
}
