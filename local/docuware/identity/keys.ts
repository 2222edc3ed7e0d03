// The RSA key that signs tokens; kept in the data folder, so that tokens stay valid over a restart.
import type { KeyObject } from "node:crypto";
import { createHash, createPrivateKey, createPublicKey, generateKeyPair } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JWK } from "jose";
import { exportJWK } from "jose";

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicJwk: JWK & { readonly kid: string };
}

export async function loadSigningKey(dataDir: string | undefined): Promise<SigningKey> {
  const path = dataDir === undefined ? undefined : join(dataDir, "signing-key.pem");
  const privateKey = (path === undefined ? undefined : await readKey(path)) ?? (await newKey(path));
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("base64url").slice(0, 16);
  return { privateKey, publicKey, publicJwk: { ...jwk, kid, alg: "RS256", use: "sig" } };
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  try {
    return createPrivateKey(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Error(`${path} is not a private key; remove it to have a new one made.`, { cause: error });
  }
}

async function newKey(path: string | undefined): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  if (path !== undefined) {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(`${path}.new`, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  return privateKey;
}
