// The operators' side of the sample run: the app's own HTTP API with real tokens, nothing else.

import { z } from "zod";
import { PORTS } from "../ports.ts";

export interface Api {
  get(path: string): Promise<unknown>;
  send(
    method: "PUT" | "POST" | "DELETE",
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<unknown>;
}

const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });

/** Calls the app as one of the local clients; throws an Error that names call, status and problem. */
export function apiAs(clientId: string): Api {
  let token: { readonly value: string; readonly until: number } | undefined;
  const bearer = async (): Promise<string> => {
    if (token === undefined || Date.now() > token.until) {
      const answer = await fetch(`http://127.0.0.1:${PORTS.tokens}/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: clientId,
          client_secret: "local",
          scope: "api://docuware-operations/.default",
        }),
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.ok) throw new Error(`The token issuer refused the client ${clientId} with ${answer.status}.`);
      const { access_token, expires_in } = tokenSchema.parse(await answer.json());
      token = { value: access_token, until: Date.now() + (expires_in - 60) * 1000 };
    }
    return token.value;
  };
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<unknown> => {
    const answer = await patiently(async () =>
      fetch(`http://127.0.0.1:${PORTS.functions}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${await bearer()}`, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      }),
    );
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text.slice(0, 500)}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  return { get: (path) => call("GET", path), send: call };
}

/** The parts of the stack may be restarted at any moment: every call of the sample run can be sent again. */
async function patiently(call: () => Promise<Response>): Promise<Response> {
  const end = Date.now() + 90_000;
  for (;;) {
    try {
      const answer = await call();
      if (answer.status !== 503 || Date.now() > end) return answer;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** All items of a paged list. */
export async function* pages<T extends z.ZodType>(api: Api, path: string, item: T): AsyncGenerator<z.output<T>> {
  const page = z.object({ items: z.array(item), nextCursor: z.string().optional() });
  let cursor: string | undefined;
  do {
    const query = `${path.includes("?") ? "&" : "?"}limit=500${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { items, nextCursor } = page.parse(await api.get(`${path}${query}`));
    yield* items;
    cursor = nextCursor;
  } while (cursor !== undefined);
}

export async function getJson(url: string): Promise<unknown> {
  const answer = await patiently(() => fetch(url, { signal: AbortSignal.timeout(30_000) }));
  if (!answer.ok) throw new Error(`GET ${url} was answered with ${answer.status}.`);
  return answer.json();
}
