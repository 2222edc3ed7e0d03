// Tokens of the simulated identity service: signed JWTs, so that nothing has to be kept for them and they survive a
// restart. Refresh tokens rotate and die with their whole family when one is used twice; those are kept in memory.
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
const loginSchema = claimsSchema.extend({ usage: z.enum(["Single", "Multi"]) });

interface Family {
  readonly identity: Identity;
  current: string;
}

export class Tokens {
  readonly #key: SigningKey;
  readonly #now: () => number;
  readonly #verified = new Map<string, { readonly identity: Identity; readonly expiresAt: number }>();
  readonly #usedLoginTokens = new Map<string, true>();
  /** By family; a token is `<family>.<secret>`. */
  readonly #families = new Map<string, Family>();

  constructor(key: SigningKey, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  get jwks(): object {
    return { keys: [this.#key.publicJwk] };
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

  issueLogin(identity: Identity, usage: "Single" | "Multi", lifetimeSeconds: number): Promise<string> {
    return this.#sign(identity, "docuware.platform", "login-token", lifetimeSeconds, { usage });
  }

  /** Takes a login token; one of usage `Single` works once. */
  async redeemLogin(token: string, organisationId: string): Promise<Identity | undefined> {
    const claims = loginSchema.safeParse(await this.#payload(token, "login-token"));
    if (!claims.success || claims.data.organization !== organisationId) return undefined;
    const { username, usage, jti } = claims.data;
    const account = userByName(username);
    if (account === undefined || this.#usedLoginTokens.has(jti)) return undefined;
    if (usage === "Single") remember(this.#usedLoginTokens, jti, true);
    return { ...account, organisationId };
  }

  issueRefresh(identity: Identity): string {
    const family = randomUUID();
    const token = `${family}.${randomUUID()}`;
    remember(this.#families, family, { identity, current: token });
    return token;
  }

  /** Exchanges a refresh token for the next of its family; using an old one ends the family. */
  rotateRefresh(token: string, organisationId: string): { identity: Identity; next: string } | undefined {
    const id = token.slice(0, token.indexOf("."));
    const family = this.#families.get(id);
    if (family === undefined || family.identity.organisationId !== organisationId) return undefined;
    if (family.current !== token) {
      this.#families.delete(id);
      return undefined;
    }
    family.current = `${id}.${randomUUID()}`;
    return { identity: family.identity, next: family.current };
  }

  revokeRefresh(token: string): void {
    this.#families.delete(token.slice(0, token.indexOf(".")));
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
