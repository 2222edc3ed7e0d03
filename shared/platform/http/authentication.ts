// Access tokens of Entra ID (v2), verified in code: issuer, audience, signature (RS256), times, app roles.
import { HOUR_MS } from "../../kernel/time/durations.ts";
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { foreignText } from "../../kernel/foreign-text.ts";
import { listOf, optionalText, parseForeignJson } from "../../kernel/foreign.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Clock } from "../clock/clock.ts";
import { withDeadline } from "../deadline.ts";
import type { Caller } from "./endpoint.ts";
import type { Role } from "./roles.ts";
import type { TokenRefusal } from "./to-http-handler.ts";

export interface AuthenticatorOptions {
  /** As in the tokens' `iss`, e.g. https://login.microsoftonline.com/{tenant}/v2.0 */
  readonly issuer: string;
  /** As in the tokens' `aud`: the client id of the API's app registration. */
  readonly audience: string;
  /** Where the issuer's keys are; asked of its openid-configuration when absent. */
  readonly jwksUri?: string;
  readonly clock: Clock;
  /** Tokens may carry roles that the API does not know. */
  readonly isRole: (text: string) => text is Role;
}

const TOLERANCE_SECONDS = 60;
const TIMEOUT_MS = 5000;
const KEY_COOLDOWN_MS = 30_000;
/** Entra rolls keys over well ahead; a new key id is fetched at once, subject to the cool-down. */
const KEY_MAX_AGE_MS = HOUR_MS;
const MAX_TOKEN_LENGTH = 16_384;
const MAX_CONFIGURATION_LENGTH = 100_000;

const configurationSchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const claimsSchema = z.object({
  // A list or nothing: what is no list of roles must not become one.
  roles: z.array(z.unknown()).nullish(),
  azp: optionalText(),
  appid: optionalText(),
  oid: optionalText(),
  scp: optionalText(MAX_TOKEN_LENGTH),
});
const keySetSchema = z.object({ keys: listOf(z.record(z.string(), z.unknown())) });

/**
 * Checks `Authorization` headers. Refusals are values; throws TransientFailure when the issuer's keys cannot be had now
 * and PermanentFailure when its configuration contradicts the settings.
 */
export function authenticator(
  options: AuthenticatorOptions,
): (authorization: string | null) => Promise<Result<Caller, TokenRefusal>> {
  const keys = keySource(options);
  return async (authorization) => {
    if (authorization === null) return refuse("Send an access token: Authorization: Bearer ...", false);
    const token = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) return refuse("This is no Bearer token in JWT form.");
    const getKey = await keys();
    try {
      const { payload } = await jwtVerify(token, getKey, {
        issuer: options.issuer,
        audience: options.audience,
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(options.clock.now()),
      });
      return callerOf(payload, options.isRole);
    } catch (error) {
      return refuse(reasonOf(error));
    }
  };
}

const refuse = (reason: string, hadToken = true) => err({ reason, hadToken });

/** A delegated token (with scopes) stands for a person, every other for a tool. */
function callerOf(payload: JWTPayload, isRole: AuthenticatorOptions["isRole"]): Result<Caller, TokenRefusal> {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) return refuse("The token's claims do not have the form of Entra ID.");
  const { oid, scp } = claims.data;
  const roles = (claims.data.roles ?? []).filter((role) => typeof role === "string").filter(isRole);
  if (scp !== undefined && oid !== undefined) return ok({ actor: { kind: "person", userId: oid }, roles });
  const clientId = claims.data.azp ?? claims.data.appid;
  if (scp !== undefined || clientId === undefined)
    return refuse("The token names neither a person nor an application.");
  return ok({ actor: { kind: "tool", clientId }, roles });
}

/** What is wrong with the token, without its content. Throws what is wrong with the issuer. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "The token has expired.";
  if (error instanceof errors.JWTClaimValidationFailed) return `The token's claim "${error.claim}" is not accepted.`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token must be signed with RS256.";
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return "The token's key is none of the issuer's.";
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is not valid.";
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return "The token is malformed.";
  if (error instanceof errors.JOSENotSupported) return "The token is of a kind that is not supported.";
  throw new TransientFailure("The token issuer's keys cannot be had at the moment.", { cause: error });
}

/** Finds the key set at the first use; calls that come meanwhile wait for the same answer, a failure is tried again. */
function keySource({ issuer, jwksUri }: AuthenticatorOptions): () => Promise<JWTVerifyGetKey> {
  const setAt = (url: string): JWTVerifyGetKey =>
    createRemoteJWKSet(new URL(url), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: KEY_COOLDOWN_MS,
      cacheMaxAge: KEY_MAX_AGE_MS,
      [customFetch]: fetchKeys,
    });
  let found: Promise<JWTVerifyGetKey> | undefined = jwksUri === undefined ? undefined : Promise.resolve(setAt(jwksUri));
  return () => {
    found ??= discover(issuer)
      .then(setAt)
      .catch((error: unknown) => {
        found = undefined;
        throw error;
      });
    return found;
  };
}

/** The issuer's keys without what is none, and without null members: one of them would make the whole set unusable. */
async function fetchKeys(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  if (!response.ok) return response;
  const { keys } = keySetSchema.parse(Object(parseForeignJson(await response.text())));
  // Kept for an hour: no set at all must not be taken for one.
  if (keys.length === 0) return new Response(null, { status: 502 });
  const present = keys.map((key) => Object.entries(key).filter(([, value]) => value !== null));
  return Response.json({ keys: present.map((entries) => Object.fromEntries(entries)) });
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const configuration = await withDeadline(`GET ${url}`, TIMEOUT_MS, async (signal) => {
    try {
      const response = await fetch(url, { signal, redirect: "error" });
      const text = await response.text();
      if (!response.ok || text.length > MAX_CONFIGURATION_LENGTH) throw new Error(`It answered ${response.status}.`);
      return configurationSchema.parse(parseForeignJson(text));
    } catch (cause) {
      throw new TransientFailure(`The token issuer's configuration at ${url} cannot be read.`, { cause });
    }
  });
  if (configuration.issuer !== issuer) {
    const other = foreignText(configuration.issuer, 200);
    throw new PermanentFailure(`AUTH_ISSUER is ${issuer}, but ${url} says its issuer is ${other}.`);
  }
  // Whoever gives the keys decides who may come in: an answer never leads to another host.
  if (new URL(configuration.jwks_uri).origin === new URL(issuer).origin) return configuration.jwks_uri;
  throw new PermanentFailure(`${url} says that the keys of the issuer are on another host.`);
}
