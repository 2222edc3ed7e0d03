// One organisation's Platform API: authenticated calls. The verbs (search, store, ...) are files beside this one.

import { defined } from "../../kernel/defined.ts";
import { z } from "zod";
import type { Clock } from "../../platform/clock/clock.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../platform/http-client/http-client.ts";
import { describeRequest } from "../../platform/http-client/http-failures.ts";
import { parseBody } from "../json-body.ts";
import { requireStatus } from "./answers.ts";
import { logIn, USER_AGENT, type AccessToken } from "./log-in.ts";
import { linkWithin, PLATFORM_PATH, platformRoot, secretOf, type PlatformTarget } from "./target.ts";
import type { TokenCache } from "./token-cache.ts";
import { reportedVersion, versionSchema } from "../../kernel/version.ts";

interface PlatformCall {
  readonly method: HttpRequest["method"];
  /** Below /DocuWare/Platform, such as `/FileCabinets`, or a host-relative link of the service. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; needs a content-type header. */
  readonly body?: Uint8Array;
  /** Statuses that are an answer besides success; every other one throws. */
  readonly accepted?: readonly number[];
  readonly maxBodyBytes?: number;
  readonly signal?: AbortSignal;
}

interface PlatformAnswer {
  readonly response: HttpResponse;
  /** Names the request in messages. */
  readonly request: string;
}

export interface Platform {
  /**
   * Performs the call with the session's token. A 401 or 403 leads to one new login and one repeat (the refused
   * request had no effect). Throws TransientFailure (HttpTrouble with its status) or PermanentFailure (HttpRefusal).
   */
  call(call: PlatformCall): Promise<PlatformAnswer>;
  /** Logs in unless a token is kept. */
  open(signal?: AbortSignal): Promise<void>;
  /** Forgets the kept token. */
  drop(): void;
}

interface PlatformDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly tokens: TokenCache;
}

export function connectPlatform(target: PlatformTarget, deps: PlatformDeps): Platform {
  const root = platformRoot(target);
  let current: AccessToken | undefined;

  const token = async (signal: AbortSignal | undefined): Promise<AccessToken> => {
    current = await deps.tokens.get(target, () => logIn(target, deps, signal));
    return current;
  };

  async function call(wanted: PlatformCall): Promise<PlatformAnswer> {
    const url = urlOf(root, wanted);
    const request = describeRequest(wanted.method, url);
    let used = await token(wanted.signal);
    let response = await deps.http.send(requestOf(wanted, url, used));
    if (response.status === 401 || response.status === 403) {
      deps.tokens.forget(target, used);
      used = await token(wanted.signal);
      response = await deps.http.send(requestOf(wanted, url, used));
    }
    const secrets = [used.value, secretOf(target.credentials)];
    requireStatus(response, request, deps.clock, { accepted: wanted.accepted, secrets });
    return { response, request };
  }

  return {
    call,
    open: async (signal) => {
      await token(signal);
    },
    drop: () => {
      if (current !== undefined) deps.tokens.forget(target, current);
    },
  };
}

/** The same session, whose calls end when the signal is aborted. */
export function boundBy(platform: Platform, signal: AbortSignal): Platform {
  return { ...platform, call: (call) => platform.call({ signal, ...call }), open: () => platform.open(signal) };
}

/** Gives the session (and its licence) back and forgets the token, also when DocuWare does not answer. */
export async function logOff(platform: Platform): Promise<void> {
  try {
    await platform.call({ method: "GET", path: "/Account/Logoff", headers: { accept: "*/*" } });
  } finally {
    platform.drop();
  }
}

/** The call's answer, read as JSON of the given shape. */
export async function readJson<T>(platform: Platform, call: PlatformCall, schema: z.ZodType<T>): Promise<T> {
  const { response, request } = await platform.call(call);
  return parseBody(response, schema, request);
}

function urlOf(root: URL, { path, query }: PlatformCall): URL {
  const url = linkWithin(root, path.startsWith(`${PLATFORM_PATH}/`) ? path : `${PLATFORM_PATH}${path}`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url;
}

function requestOf(call: PlatformCall, url: URL, token: AccessToken): HttpRequest {
  const body = call.json === undefined ? call.body : JSON.stringify(call.json);
  return {
    method: call.method,
    url,
    headers: {
      // Without it DocuWare answers XML.
      accept: "application/json",
      "user-agent": USER_AGENT,
      authorization: `Bearer ${token.value}`,
      ...(call.json === undefined ? {} : { "content-type": "application/json" }),
      ...call.headers,
    },
    ...defined({ body, maxBodyBytes: call.maxBodyBytes, signal: call.signal }),
  };
}

const schema = z.object({
  Version: reportedVersion().pipe(versionSchema),
});

/** The DocuWare version that the organisation runs, such as 7.13.0.42: the evidence of an upgrade or a way back. */
export async function readVersion(platform: Platform): Promise<string> {
  return (await readJson(platform, { method: "GET", path: "" }, schema)).Version;
}
