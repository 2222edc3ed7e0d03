// The master key, and secrets that must stay the same for ever: receivers hold them.

import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { parseMasterKey, signingSecretOf } from "../../../shared/webhooks/secrets.ts";
import { MASTER_KEY } from "./support.ts";

test.each([
  ["", false],
  ["secret", false],
  [Buffer.alloc(31).toString("base64"), false],
  [Buffer.alloc(33).toString("base64"), false],
  [`${Buffer.alloc(32).toString("base64")}\n`, false],
  [Buffer.alloc(32, 255).toString("base64url"), false],
  [Buffer.alloc(32, 255).toString("base64"), true],
])("master key %o: %s", (text, isGood) => {
  expect(parseMasterKey(text)?.length).toBe(isGood ? 32 : undefined);
});

test("a secret is HKDF-SHA256 of the master key, by the book (RFC 5869)", () => {
  const webhook = { webhookId: "wh-0123456789abcdef", salt: "0b7c4f0e-0000-8000-8000-000000000000" };
  const hmac = (key: string | Uint8Array, data: string | Uint8Array) => createHmac("sha256", key).update(data).digest();
  const info = JSON.stringify(["webhook-secret", webhook.webhookId, 3]);
  const expected = hmac(hmac(webhook.salt, MASTER_KEY), Buffer.concat([Buffer.from(info), Buffer.from([1])]));
  expect(signingSecretOf(MASTER_KEY, webhook, 3)).toBe(`whsec_${expected.toString("base64")}`);
  const others = [
    signingSecretOf(MASTER_KEY, webhook, 4),
    signingSecretOf(MASTER_KEY, { ...webhook, salt: "x" }, 3),
    signingSecretOf(new Uint8Array(32), webhook, 3),
  ];
  expect(new Set([...others, signingSecretOf(MASTER_KEY, webhook, 3)]).size).toBe(4);
});
