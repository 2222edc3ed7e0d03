// Logging in: discovery of the identity service, then an access token. Three requests; DocuWare allows 60 logins a
// minute and organisation, so a token is used for a whole run.

import { z } from "zod";
import { PermanentFailure } from "../../kernel/failures.ts";
import { optionalNumber, requiredText } from "../../kernel/foreign.ts";
import type { Clock } from "../../platform/clock/clock.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../platform/http-client/http-client.ts";
import { describeRequest } from "../../platform/http-client/http-failures.ts";
import { parseBody } from "../json-body.ts";
import { requireStatus } from "./answers.ts";
import {
  PLATFORM_PATH,
  platformRoot,
  secretOf,
  secureUrl,
  type PlatformCredentials,
  type PlatformTarget,
} from "./target.ts";

export interface AccessToken {
  readonly value: string;
  readonly issuedAt: number;
  /** Milliseconds since the epoch, like `issuedAt`. */
  readonly expiresAt: number;
}

export interface LogInDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
}

export const USER_AGENT = "docuware-cloud-operations/1";
/** The public client of DocuWare's own .NET library: the only one that may use the password grant. */
const PASSWORD_CLIENT = "docuware.platform.net.client";
const SCOPE = "docuware.platform";
const DAY_SECONDS = 86_400;

/** DocuWare's documentation says 60 minutes. */
const USUAL_SECONDS = 3_600;

const serviceInfoSchema = z.object({ IdentityServiceUrl: requiredText() });
const discoverySchema = z.object({ token_endpoint: requiredText() });
const tokenSchema = z.object({
  // A token goes into a header: printable, without blanks.
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  expires_in: optionalNumber().transform((seconds) =>
    seconds === undefined || seconds <= 0 ? USUAL_SECONDS : Math.min(seconds, DAY_SECONDS),
  ),
});

/** A new access token. PermanentFailure when the credentials are refused, TransientFailure when it is not known. */
export async function logIn(target: PlatformTarget, deps: LogInDeps, signal?: AbortSignal): Promise<AccessToken> {
  const root = platformRoot(target);
  const sent = { secrets: [secretOf(target.credentials)] };
  const ask = async (request: Pick<HttpRequest, "method" | "url" | "body">): Promise<[HttpResponse, string]> => {
    const headers = {
      accept: "application/json",
      "user-agent": USER_AGENT,
      ...(request.body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
    };
    const response = await deps.http.send({ ...request, headers, ...(signal && { signal }) });
    return [response, describeRequest(request.method, request.url)];
  };

  const info = await ask({ method: "GET", url: new URL(`${PLATFORM_PATH}/Home/IdentityServiceInfo`, root) });
  requireStatus(...info, deps.clock, sent);
  const identity = secureUrl(
    parseBody(info[0], serviceInfoSchema, info[1]).IdentityServiceUrl,
    root,
    `The identity service of ${target.organisationId}`,
  );
  identity.pathname = `${identity.pathname.replace(/\/+$/, "")}/.well-known/openid-configuration`;
  const discovery = await ask({ method: "GET", url: identity });
  requireStatus(...discovery, deps.clock, sent);
  const endpoint = secureUrl(
    parseBody(discovery[0], discoverySchema, discovery[1]).token_endpoint,
    identity,
    `The token endpoint of ${target.organisationId}`,
  );

  const issuedAt = deps.clock.now();
  const token = await ask({ method: "POST", url: endpoint, body: grant(target.credentials) });
  return accept(token, target, deps.clock, issuedAt);
}

function accept(
  [response, request]: [HttpResponse, string],
  { organisationId, credentials }: PlatformTarget,
  clock: Clock,
  issuedAt: number,
): AccessToken {
  try {
    requireStatus(response, request, clock, { secrets: [secretOf(credentials)] });
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    const refused = `${organisationId} refused the ${credentials.kind === "password" ? "user" : "app registration"}.`;
    throw new PermanentFailure(refused, { cause: error });
  }
  const { access_token: value, expires_in: seconds } = parseBody(response, tokenSchema, request);
  return { value, issuedAt, expiresAt: issuedAt + seconds * 1_000 };
}

function grant(credentials: PlatformCredentials): string {
  const form =
    credentials.kind === "password"
      ? {
          grant_type: "password",
          client_id: PASSWORD_CLIENT,
          username: credentials.username,
          password: credentials.password,
        }
      : {
          grant_type: "client_credentials",
          client_id: credentials.clientId,
          client_secret: credentials.clientSecret,
        };
  return new URLSearchParams({ ...form, scope: SCOPE }).toString();
}
