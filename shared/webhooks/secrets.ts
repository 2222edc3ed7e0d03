// Secrets of webhooks, and signatures with them (Standard Webhooks 1.0). No secret is stored: each follows from the master
// key (setting WEBHOOK_MASTER_KEY), the webhook and the version, by HKDF-SHA256 (RFC 5869).

import { createHmac, hkdfSync } from "node:crypto";
import { signingVersions, type Webhook } from "./core/webhook.ts";

const SECRET_BYTES = 32;
const PREFIX = "whsec_";

/** The bytes of the master key: base64 of exactly 32 bytes. Undefined for any other text. */
export function parseMasterKey(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** The secret of this version as its owner gets it: `whsec_` and base64 of 32 bytes. Never log or store it. */
export function signingSecretOf(
  masterKey: Uint8Array,
  webhook: Pick<Webhook, "webhookId" | "salt">,
  version: number,
): string {
  return PREFIX + keyOf(masterKey, webhook, version).toString("base64");
}

/** The three headers of one attempt. During a rotation there is one signature per secret, the newest first. */
export function signedHeaders(
  masterKey: Uint8Array,
  webhook: Webhook,
  message: { readonly id: string; readonly body: string; readonly now: number },
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const { id, body, now } = message;
  const timestamp = String(Math.floor(now / 1000));
  const signatures = signingVersions(webhook, now).map((version) => {
    const key = keyOf(masterKey, webhook, version);
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

function keyOf(
  masterKey: Uint8Array,
  { webhookId, salt }: Pick<Webhook, "webhookId" | "salt">,
  version: number,
): Buffer {
  const info = JSON.stringify(["webhook-secret", webhookId, version]);
  return Buffer.from(hkdfSync("sha256", masterKey, salt, info, SECRET_BYTES));
}
