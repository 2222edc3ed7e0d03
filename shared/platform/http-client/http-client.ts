// A bounded HTTP client: every request ends within its deadline, every answer fits its limit, connections are kept and
// shared. It answers whatever status came; what a status means is said by http-failures.ts.

import type { OutboundPolicy } from "../outbound/address.ts";
import type { ResolveHost } from "../outbound/resolve.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Absolute http(s) URL without user information. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Deadline of the whole exchange, waiting for a connection included. Default: the client's. */
  readonly timeoutMs?: number;
  /** A longer answer is a PermanentFailure. Default: the client's. */
  readonly maxBodyBytes?: number;
  /** Ends the exchange early, as a TransientFailure. */
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; a repeated header is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpClient {
  /**
   * Answers with any status. TransientFailure when no complete answer came (network, deadline, abort): the other side
   * may have done the work all the same. PermanentFailure when the request is not valid or the answer is too large.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends all exchanges and connections. */
  close(): Promise<void>;
}

export interface HttpClientOptions {
  /**
   * For addresses that come from data or from somebody's answer: each request is held to the policy, each connection goes
   * to public addresses only. PermanentFailure otherwise. Absent for a client of addresses that stand in the settings.
   */
  readonly outbound?: { readonly policy: OutboundPolicy; readonly resolve: ResolveHost };
  readonly connectTimeoutMs?: number;
  readonly timeoutMs?: number;
  readonly maxBodyBytes?: number;
  /** Connections per host at the same time; further requests wait within their deadline. */
  readonly connectionsPerHost?: number;
}
