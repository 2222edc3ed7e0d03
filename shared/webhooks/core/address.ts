// Where a webhook may point: the guard against requests into our own network (SSRF). The rules of the address as text;
// what its host name resolves to is judged at every send (target.ts).

import ipaddr from "ipaddr.js";
import { err, ok, type Result } from "../../kernel/result.ts";

const MAX_URL = 500;
const LOCAL_HOST = "127.0.0.1";
/** Unicast by its number, but answered by the Azure host of the machine itself: metadata, agent, DNS. */
const AZURE_PLATFORM = "168.63.129.16";

/** `allowLocal`: also http to 127.0.0.1, any port (local development). The error says what is wrong and what to do. */
export function parseAddress(text: string, allowLocal: boolean): Result<URL, string> {
  const url = text.length > MAX_URL ? null : URL.parse(text);
  if (url === null) return err(`must be an absolute URL of at most ${MAX_URL} characters`);
  if (url.username !== "" || url.password !== "") return err("must not carry a user name or password");
  // Keys in an address would be stored and shown; the signature tells who sends.
  if (text.includes("?") || text.includes("#"))
    return err("must have no query and no fragment (they often carry keys)");
  if (allowLocal && isLocal(url)) return ok(url);
  if (url.protocol !== "https:") return err("must be an https URL");
  if (url.port !== "") return err("must use port 443");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // The URL parser has turned every spelling of an IPv4 address (hexadecimal, one number) into the usual one.
  if (ipaddr.isValid(host)) return err("must name a host, not an IP address");
  if (!/[^.]\.[^.]/.test(host) || host.endsWith(".")) return err("must name a public host, such as hooks.example.com");
  return ok(url);
}

/** http to this machine: possible only while the setting for local development is on. */
export const isLocal = (url: URL): boolean => url.protocol === "http:" && url.hostname === LOCAL_HOST;

/** Whether it is an address of the public internet. Only what is known to be that is allowed, the rest is not. */
export function isPublicAddress(address: string): boolean {
  // Not every text that somebody reads as an address (1.2.3), only the usual forms.
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  // Private, loopback, link-local (metadata), unique-local, carrier-grade NAT, multicast, mapped, tunnels: other ranges.
  if (parsed.range() !== "unicast" || parsed.toString() === AZURE_PLATFORM) return false;
  // IANA has given out only 2000::/3.
  return parsed.kind() === "ipv4" || parsed.match(ipaddr.parseCIDR("2000::/3"));
}
