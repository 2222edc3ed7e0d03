// Tokens of the simulated identity service: signed JWTs, so that nothing has to be kept for them and they survive a
// restart.
import { randomUUID } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Account } from "./accounts.ts";
import { userByName } from "./accounts.ts";
import type { SigningKey } from "./keys.ts";

/** DocuWare's access tokens are valid for 60 minutes. */
export const ACCESS_TOKEN_SECONDS = 3600;
export const SCOPE = "docuware.platform";
const MAX_REMEMBERED = 20_000;

export interface Identity extends Account {
  readonly organisationId: string;
}

const claimsSchema = z.object({ username: z.string(), organization: z.string(), jti: z.string(), exp: z.number() });

export class Tokens {
  readonly #key: SigningKey;
  readonly #now: () => number;
  readonly #verified = new Map<string, { readonly identity: Identity; readonly expiresAt: number }>();

  constructor(key: SigningKey, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  issueAccess(identity: Identity, issuer: string, clientId: string): Promise<string> {
    const claims = { client_id: clientId, scope: [SCOPE], user_email: `${identity.username}@example.invalid` };
    return this.#sign(identity, issuer, "docuware.platform", ACCESS_TOKEN_SECONDS, claims);
  }

  /** Answers who the bearer is; undefined when the token is not a valid one of this organisation. */
  async verifyAccess(token: string, organisationId: string): Promise<Identity | undefined> {
    const known = this.#verified.get(token);
    if (known !== undefined && known.expiresAt > this.#now()) {
      return known.identity.organisationId === organisationId ? known.identity : undefined;
    }
    this.#verified.delete(token);
    const claims = claimsSchema.safeParse(await this.#payload(token, "docuware.platform"));
    if (!claims.success) return undefined;
    const account = userByName(claims.data.username);
    if (account === undefined || claims.data.organization !== organisationId) return undefined;
    const identity = { ...account, organisationId };
    remember(this.#verified, token, { identity, expiresAt: claims.data.exp * 1000 });
    return identity;
  }

  #sign(identity: Identity, issuer: string, audience: string, seconds: number, extra: object): Promise<string> {
    const issuedAt = Math.floor(this.#now() / 1000);
    const { username, organisationId } = identity;
    return new SignJWT({ username, name: username, organization: organisationId, ...extra })
      .setProtectedHeader({ alg: "RS256", kid: this.#key.publicJwk.kid, typ: "at+jwt" })
      .setSubject(username)
      .setIssuer(issuer)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(this.#key.privateKey);
  }

  async #payload(token: string, audience: string): Promise<unknown> {
    try {
      const currentDate = new Date(this.#now());
      return (await jwtVerify(token, this.#key.publicKey, { audience, currentDate, algorithms: ["RS256"] })).payload;
    } catch {
      // Forged, expired, meant for something else: for the caller all the same, "not a valid token".
      return undefined;
    }
  }
}

/** Keeps at most MAX_REMEMBERED entries: the oldest goes first. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  const oldest = map.keys().next();
  if (map.size >= MAX_REMEMBERED && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
