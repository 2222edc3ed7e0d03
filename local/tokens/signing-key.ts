// The issuer's RS256 key. Kept on disk, so that tokens stay good when the issuer restarts.
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from "jose";
import { ClearError } from "../support/clear-error.ts";
import { readTextIfPresent, writeFileAtomically } from "../support/files.ts";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Reads the key of `dataDir`, or makes one and keeps it there; without `dataDir` it lives as long as the process. */
export async function loadSigningKey(dataDir: string | undefined): Promise<SigningKey> {
  if (dataDir === undefined) return fromJwk(await newPrivateJwk());
  const path = join(dataDir, "signing-key.json");
  const text = readTextIfPresent(path);
  if (text !== undefined) {
    try {
      return await fromJwk(JSON.parse(text));
    } catch (error) {
      const message = `tokens: ${path} holds no usable RSA key. Delete it; a new key is made at the next start.`;
      throw new ClearError(message, { cause: error });
    }
  }
  const jwk = await newPrivateJwk();
  writeFileAtomically(path, JSON.stringify(jwk), 0o600);
  return fromJwk(jwk);
}

async function newPrivateJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return exportJWK(privateKey);
}

async function fromJwk(jwk: JWK): Promise<SigningKey> {
  const privateKey = await importJWK(jwk, "RS256");
  if (privateKey instanceof Uint8Array || privateKey.type !== "private" || !jwk.n || !jwk.e) {
    throw new Error("not a private RSA key");
  }
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, publicJwk: { kty: "RSA", use: "sig", alg: "RS256", kid, n: jwk.n, e: jwk.e } };
}
