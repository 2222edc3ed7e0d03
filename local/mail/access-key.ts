// Verifies the shared-key authentication of Azure Communication Services: HMAC-SHA256 over method, path and the signed
// headers, as @azure/communication-common signs it.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The well-known key of the local sink; it opens nothing outside this machine. */
export const MAIL_ACCESS_KEY = Buffer.from("the well-known key of the local mail sink").toString("base64");

const MAX_SKEW_MS = 5 * 60_000;
const REQUIRED = ["x-ms-date", "host", "x-ms-content-sha256"];

/** True when the request was signed with `accessKey` (base64), its date is near `now` and its body is the signed one. */
export function isSigned(request: IncomingMessage, body: Buffer, accessKey: string, now: number): boolean {
  const match = /^HMAC-SHA256 SignedHeaders=([\w;-]+)&Signature=(\S+)$/u.exec(request.headers.authorization ?? "");
  const names = match?.[1]?.toLowerCase().split(";") ?? [];
  if (match?.[2] === undefined || !REQUIRED.every((name) => names.includes(name))) return false;
  const header = (name: string): string => String(request.headers[name] ?? "");
  const date = Date.parse(header("x-ms-date"));
  if (!(Math.abs(now - date) <= MAX_SKEW_MS)) return false;
  if (header("x-ms-content-sha256") !== createHash("sha256").update(body).digest("base64")) return false;
  const signed = `${request.method ?? ""}\n${request.url ?? ""}\n${names.map(header).join(";")}`;
  const wanted = createHmac("sha256", Buffer.from(accessKey, "base64")).update(signed).digest();
  const given = Buffer.from(match[2], "base64");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
