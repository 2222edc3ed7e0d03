// Verification of shared access signatures (SAS), the tokens that clients put on $cbs.
import { createHmac, timingSafeEqual } from "node:crypto";
import { err, ok, type Result } from "../../../shared/kernel/result.ts";

export interface SasKey {
  readonly name: string;
  /** Used as UTF-8 text, not base64-decoded. */
  readonly value: string;
}

const PREFIX = "SharedAccessSignature ";

function fieldsOf(token: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const pair of token.slice(PREFIX.length).split("&")) {
    const at = pair.indexOf("=");
    if (at > 0) fields.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return fields;
}

function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** The end of validity (ms since the epoch) of a good token, or the reason for which it is refused. */
export function verifySas(token: string, key: SasKey, now: number): Result<number, string> {
  if (!token.startsWith(PREFIX)) return err("InvalidSignature: only shared access signatures are accepted.");
  const fields = fieldsOf(token);
  const [resource, signature, expiry, name] = ["sr", "sig", "se", "skn"].map((field) => fields.get(field) ?? "");
  if (!resource || !signature || !expiry || !name) return err("InvalidSignature: the token lacks sr, sig, se or skn.");
  if (decodeUri(name) !== key.name) return err(`InvalidSignature: there is no key named '${decodeUri(name)}'.`);
  const expected = createHmac("sha256", key.value).update(`${resource}\n${expiry}`).digest();
  const given = Buffer.from(decodeUri(signature), "base64");
  if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
    return err("InvalidSignature: the token has an invalid signature. Check SharedAccessKey in the connection string.");
  }
  const until = Number(expiry) * 1000;
  if (!(until > now)) return err("ExpiredToken: the token is expired.");
  return ok(until);
}
