// The identity service of all organisations on one port: `/<organisationId>/...` is the service of that organisation.
import type { Faults } from "../faults/faults.ts";
import { HttpRefusal } from "../../support/http-server.ts";
import { withFault } from "../faults/inject.ts";
import { BodyTooLarge } from "../http/exchange.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Outcome, Reply } from "../http/reply.ts";
import { jsonReply } from "../http/reply.ts";
import type { Organisations } from "../state/organisations.ts";
import { openIdConfiguration } from "./discovery.ts";
import { grant, oauthRefusal } from "./grants.ts";
import type { Throttle } from "./throttle.ts";
import type { Tokens } from "./tokens.ts";

const MAX_BODY_BYTES = 64 * 1024;

export interface IdentityContext {
  readonly organisations: Organisations;
  readonly tokens: Tokens;
  readonly logons: Throttle;
  readonly faults: Faults;
  readonly throttleDelayMs: number;
  readonly identityUrl: () => string;
}

/** Answers every call to the identity port. */
export async function handleIdentity(context: IdentityContext, exchange: Exchange): Promise<Outcome> {
  const [organisationId = "", ...rest] = exchange.path.split("/").slice(1);
  if (context.organisations.member(organisationId) === undefined) {
    return oauthError(404, "invalid_request", "The address names no organisation of this identity service.");
  }
  const issuer = `${context.identityUrl()}/${organisationId}`;
  const path = rest.join("/").toLowerCase();
  if (exchange.method === "GET") {
    if (path === ".well-known/openid-configuration") return jsonReply(200, openIdConfiguration(issuer));
  }
  if (exchange.method === "POST") {
    if (path === "connect/token") return token(context, exchange, organisationId, issuer);
  }
  return oauthError(404, "invalid_request", `${exchange.method} ${exchange.path} does not exist here.`);
}

const oauthError = (status: number, error: string, description: string, headers: Record<string, string> = {}): Reply =>
  jsonReply(status, { error, error_description: description }, { "cache-control": "no-store", ...headers });

async function token(
  context: IdentityContext,
  exchange: Exchange,
  organisationId: string,
  issuer: string,
): Promise<Outcome> {
  const fault = context.faults.take(organisationId, "platform", "token");
  const throttled = async (waitMs: number) => {
    await exchange.pause(context.throttleDelayMs);
    const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1000)));
    return oauthError(429, "slow_down", "More than 60 logons per minute.", { "retry-after": retryAfter });
  };
  const replies = {
    failed: (message: string | undefined) => oauthError(500, "server_error", message ?? "Fault of the simulator."),
    throttled: () => throttled(1000),
  };
  return withFault(fault, exchange, replies, async () => {
    const waitMs = context.logons.take(organisationId, context.organisations.now());
    if (waitMs !== undefined) return throttled(waitMs);
    try {
      const form = await formBody(exchange);
      return jsonReply(200, await grant({ form, organisationId, issuer }, context.tokens), {
        "cache-control": "no-store",
      });
    } catch (error) {
      if (error instanceof HttpRefusal) return oauthError(error.status, error.code, error.message);
      throw error;
    }
  });
}

async function formBody(exchange: Exchange): Promise<URLSearchParams> {
  const type = exchange.header("content-type") ?? "";
  if (!type.toLowerCase().startsWith("application/x-www-form-urlencoded")) {
    throw oauthRefusal("invalid_request", "The body must be application/x-www-form-urlencoded.");
  }
  try {
    return new URLSearchParams((await exchange.body(MAX_BODY_BYTES)).toString());
  } catch (error) {
    if (error instanceof BodyTooLarge) throw oauthRefusal("invalid_request", error.message);
    throw error;
  }
}
