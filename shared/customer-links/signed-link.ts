// Links in mails are capabilities: whoever holds one may do what it says, without a password. So each says one thing,
// for one organisation, until a time, and is signed.
//
//   L1  A token is `key id . payload . HMAC-SHA256 over both`, in base64url, below 400 characters.
//   L2  Nothing of a token is believed, or even parsed, before its signature was compared, in constant time.
//   L3  The signature is compared as text: base64url has spare bits, and no second spelling of a token must count.
//   L4  A token serves the purpose in its payload only.

import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { campaignIdSchema, noticeKeySchema } from "../notices/core/notice.ts";
import { organisationIdSchema } from "../kernel/identity.ts";
import type { LinkKeys } from "./link-keys.ts";

/** Milliseconds since the epoch; the link counts until just before then. */
const expiresAt = z.int().nonnegative();

const payloadSchema = z.discriminatedUnion("purpose", [
  z.strictObject({
    /** To choose another time for one revision of an appointment. */
    purpose: z.literal("reschedule"),
    campaignId: campaignIdSchema,
    organisationId: organisationIdSchema,
    sequence: noticeKeySchema.shape.sequence,
    expiresAt,
  }),
  z.strictObject({
    /** To read all maintenance appointments of an organisation. */
    purpose: z.literal("calendar"),
    organisationId: organisationIdSchema,
    expiresAt,
  }),
]);
export type LinkPayload = Readonly<z.infer<typeof payloadSchema>>;
export type LinkPurpose = LinkPayload["purpose"];
export type PayloadOf<P extends LinkPurpose> = Extract<LinkPayload, { readonly purpose: P }>;

export type LinkRefusal =
  /** Not the form of a token: cut off, or never one. */
  | { readonly kind: "malformed" }
  /** Signed with a key that is no longer accepted, or never was. */
  | { readonly kind: "unknownKey" }
  | { readonly kind: "altered" }
  /** Rightly signed, but by a version of this code that wrote payloads differently. */
  | { readonly kind: "unknownVersion" }
  | { readonly kind: "wrongPurpose"; readonly purpose: LinkPurpose }
  | { readonly kind: "expired"; readonly expiresAt: number };

const MAX_TOKEN_LENGTH = 399;

/**
 * On the wire: version and payload. Tokens of version 1 stood in paths, which telemetry has kept: they open nothing.
 */
const VERSION = 2;
const wireSchema = z.tuple([z.literal(VERSION), payloadSchema]);

const TOKEN = /^([a-z0-9]{1,8})\.([A-Za-z0-9_-]{1,340})\.([A-Za-z0-9_-]{43})$/;

/** The token for an address. Throws a ZodError for a payload that no link may carry. */
export function signLink(keys: LinkKeys, payload: LinkPayload): string {
  const text = JSON.stringify([VERSION, payloadSchema.parse(payload)] satisfies z.infer<typeof wireSchema>);
  const body = Buffer.from(text, "utf8").toString("base64url");
  return `${keys.current.id}.${body}.${signatureOf(keys.current, body)}`;
}

/** What the token allows, when it was signed by us for this purpose and has not expired at `now`. */
export function readLink<P extends LinkPurpose>(
  keys: LinkKeys,
  token: string,
  purpose: P,
  now: number,
): Result<PayloadOf<P>, LinkRefusal> {
  if (token.length > MAX_TOKEN_LENGTH) return err({ kind: "malformed" });
  const [, keyId, body, signature] = TOKEN.exec(token) ?? [];
  if (keyId === undefined || body === undefined || signature === undefined) return err({ kind: "malformed" });
  const key = [keys.current, keys.previous].find((one) => one?.id === keyId);
  if (key === undefined) return err({ kind: "unknownKey" });
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(signatureOf(key, body)))) return err({ kind: "altered" });
  const wire = wireSchema.safeParse(parseJson(Buffer.from(body, "base64url").toString("utf8")));
  if (!wire.success) return err({ kind: "unknownVersion" });
  const [, payload] = wire.data;
  if (!isFor(payload, purpose)) return err({ kind: "wrongPurpose", purpose: payload.purpose });
  if (now >= payload.expiresAt) return err({ kind: "expired", expiresAt: payload.expiresAt });
  return ok(payload);
}

/** The prefix keeps these signatures apart from any other use of the same key. */
const signatureOf = ({ id, secret }: LinkKeys["current"], body: string): string =>
  createHmac("sha256", secret).update(`customer-link\n${id}\n${body}`, "utf8").digest("base64url");

const isFor = <P extends LinkPurpose>(payload: LinkPayload, purpose: P): payload is PayloadOf<P> =>
  payload.purpose === purpose;
