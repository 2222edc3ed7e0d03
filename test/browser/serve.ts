// Serves endpoints over HTTP on a free port, through the product's own handler, as the Functions host would.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { HttpRequest, InvocationContext, type HttpResponseInit } from "@azure/functions";
import type { Endpoint } from "../../shared/platform/http/endpoint.ts";
import { toHttpHandler, type HandlerDeps } from "../../shared/platform/http/to-http-handler.ts";

export interface Served {
  /** With the prefix /api. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function serveEndpoints(endpoints: readonly Endpoint[], deps: HandlerDeps): Promise<Served> {
  const routes = endpoints.map((endpoint) => ({ endpoint, pattern: patternOf(endpoint.route) }));
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(599).end(String(error));
    });
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const path = decodeURIComponent(url.pathname);
    const found = routes.find(({ endpoint, pattern }) => endpoint.method === request.method && pattern.test(path));
    if (found === undefined) return void response.writeHead(404).end();
    const { status, headers, body }: HttpResponseInit = Object(
      await toHttpHandler(found.endpoint, deps)(
        await read(request, url, found.pattern.exec(path)?.groups ?? {}),
        new InvocationContext({ functionName: found.endpoint.name, invocationId: "invocation-1" }),
      ),
    );
    response.writeHead(status ?? 200, Object.fromEntries(new Headers(headers)));
    response.end(body);
  }
  return { url: `${await listen(server)}/api`, stop: () => stop(server) };
}

const patternOf = (route: string): RegExp =>
  new RegExp(`^/api/${route.replaceAll(/\{(\w+)\}/gu, (_, name: string) => `(?<${name}>[^/]+)`)}$`, "u");

async function read(request: IncomingMessage, url: URL, params: Record<string, string>): Promise<HttpRequest> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new HttpRequest({
    method: request.method ?? "GET",
    url: url.href,
    headers: Object.fromEntries(headers),
    params: { ...params },
    query: Object.fromEntries(url.searchParams),
    ...(request.method === "POST" && { body: { bytes: Buffer.concat(parts) } }),
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
