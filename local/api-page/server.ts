// Serves the page of the API, and passes its calls on to the app and to the token issuer, so that it needs one origin only.
import { createReadStream } from "node:fs";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HttpRefusal, listen, requestUrl, sendJson, type LocalServer } from "../support/http-server.ts";
import { LOCAL_CLIENT_SECRET } from "../tokens/clients.ts";
import { AUDIENCE } from "../tokens/token-request.ts";
import { CONTENT_SECURITY_POLICY, PAGE, startScript } from "./page.ts";

export interface ApiPageOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** Of the Functions host, without `/api` and without a trailing slash. */
  readonly functions: string;
  /** Of the token issuer, without a trailing slash. */
  readonly tokens: string;
}

const VIEWER = dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
const VIEWER_FILES = new Map([
  ["/swagger-ui.css", "text/css"],
  ["/swagger-ui-bundle.js", "text/javascript"],
]);

/** @throws ClearError when the port is in use. */
export function startApiPage({ port, functions, tokens }: ApiPageOptions): Promise<LocalServer> {
  const client = { id: "operator-a", secret: LOCAL_CLIENT_SECRET, scope: `${AUDIENCE}/.default` };
  return listen({
    part: "api-page",
    port,
    async handle(request, response) {
      const { pathname, search } = requestUrl(request);
      if (pathname.startsWith("/api/")) return passOn(request, response, `${functions}${pathname}${search}`);
      if (pathname.startsWith("/tokens/")) return passOn(request, response, `${tokens}${pathname.slice(7)}${search}`);
      const type = VIEWER_FILES.get(pathname);
      if (type !== undefined) return void createReadStream(join(VIEWER, pathname)).pipe(head(response, type));
      if (pathname === "/start.js") return void head(response, "text/javascript").end(startScript(tokens, client));
      if (pathname === "/") return void head(response, "text/html").end(PAGE);
      throw new HttpRefusal(404, "There is nothing here. GET / shows the API.");
    },
    refuse: (response, status, message) => sendJson(response, status, { error: message }),
  });
}

const head = (response: ServerResponse, type: string): ServerResponse =>
  response.writeHead(200, {
    "Content-Type": `${type}; charset=utf-8`,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
  });

/** @throws HttpRefusal 502 when the other part does not answer. */
function passOn(incoming: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { ...incoming.headers, host: new URL(url).host };
    const outgoing = httpRequest(url, { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response).on("close", resolve);
    });
    outgoing.on("error", () => reject(new HttpRefusal(502, `${new URL(url).origin} does not answer.`)));
    incoming.pipe(outgoing);
  });
}
