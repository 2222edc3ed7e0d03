// Where requests may go whose address comes from data or from somebody's answer (docs/outbound.md): the rules of the address
// as text. What its host name resolves to is judged at every new connection (resolve.ts).

import ipaddr from "ipaddr.js";
import { err, ok, type Result } from "../../kernel/result.ts";

export interface OutboundPolicy {
  /** The only hosts that may be reached; every public one when absent. */
  readonly hosts?: readonly HostRule[];
  /** Also http to 127.0.0.1, any port: for local development. */
  readonly allowLocal: boolean;
}

const MAX_URL = 500;
const LOCAL_HOST = "127.0.0.1";
/** Unicast by its number, but answered by the Azure host of the machine itself: metadata, agent, DNS. */
const AZURE_PLATFORM = "168.63.129.16";
/** As the URL parser leaves it: lower case, international names in ASCII. The last part is no number. */
const HOST_NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;
/** Names that only a private network answers. */
const PRIVATE_NAME = /\.(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/;

/** An address that somebody gives us to keep. The error says what is wrong and what to do, after the address's name. */
export function parseAddress(text: string, policy: OutboundPolicy): Result<URL, string> {
  const isAbsolute = text.length <= MAX_URL && /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^https?:\/{3}/i.test(text);
  const url = isAbsolute ? URL.parse(text) : null;
  if (url === null) return err(`must be an absolute URL of at most ${MAX_URL} characters`);
  // The URL parser drops tabs and line breaks and reads backslashes as slashes: two readers would see two hosts.
  if (/[\s\p{Cc}\p{Cf}\\]/u.test(text)) return err("must have no blanks, control characters and backslashes");
  if (/^[^/]+\/\/[^/?#]*@/.test(text)) return err("must not carry a user name or password");
  // Keys in an address would be stored and shown.
  if (text.includes("?") || text.includes("#"))
    return err("must have no query and no fragment (they often carry keys)");
  const problem = outboundProblem(url, policy);
  return problem === undefined ? ok(url) : err(problem);
}

/** Why nothing may be sent to the URL; undefined when its text is fine. */
export function outboundProblem(url: URL, policy: OutboundPolicy): string | undefined {
  if (url.username !== "" || url.password !== "") return "must not carry a user name or password";
  if (policy.allowLocal && isLocal(url)) return undefined;
  if (url.protocol !== "https:") return "must be an https URL";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // The URL parser has turned every spelling of an IPv4 address (hexadecimal, one number) into the usual one.
  if (ipaddr.isValid(host)) return "must name a host, not an IP address";
  if (!HOST_NAME.test(host) || PRIVATE_NAME.test(host)) return "must name a public host, such as hooks.example.com";
  if (policy.hosts === undefined) return url.port === "" ? undefined : "must use port 443";
  if (isAllowedHost(url, policy.hosts)) return undefined;
  return `must name one of the hosts that the settings allow (${describeHosts(policy.hosts)})`;
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

interface HostRule {
  /** Lower case; begins with a dot when it stands for every name below it. */
  readonly name: string;
  /** As URL.port has it: empty for 443. */
  readonly port: string;
}

const ENTRY =
  /^(?<wild>\*)?(?<name>(?:(?<=\*)\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,9}\.[a-z](?:[a-z0-9-]{0,61}[a-z0-9]))(?::(?<port>\d{1,5}))?$/;
const MOST = 100;

/** The error says what is expected. A suffix has two parts at least: `*.cloud` would be half of the internet. */
export function parseHosts(text: string): Result<readonly HostRule[], string> {
  const rules: HostRule[] = [];
  for (const entry of text.split(",").map((part) => part.trim().toLowerCase())) {
    const { wild, name, port = "443" } = ENTRY.exec(entry)?.groups ?? {};
    const isSuffix = name?.startsWith(".") === true;
    if (name === undefined || (wild !== undefined) !== isSuffix || Number(port) < 1 || Number(port) > 65_535) {
      return err(
        "must be a comma-separated list of hosts such as login.example.com or *.docuware.cloud, a :port behind",
      );
    }
    rules.push({ name, port: Number(port) === 443 ? "" : String(Number(port)) });
  }
  return rules.length > MOST ? err(`must name at most ${MOST} hosts`) : ok(rules);
}

/** The URL is https; a suffix does not stand for the name itself. */
const isAllowedHost = ({ hostname, port }: URL, hosts: readonly HostRule[]): boolean =>
  hosts.some(
    (rule) => rule.port === port && (rule.name.startsWith(".") ? hostname.endsWith(rule.name) : hostname === rule.name),
  );

const describeHosts = (hosts: readonly HostRule[]): string =>
  hosts.map(({ name, port }) => `${name.startsWith(".") ? "*" : ""}${name}${port === "" ? "" : `:${port}`}`).join(", ");
