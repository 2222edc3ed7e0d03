// Where an organisation's Platform API is and how we log in to it.

import { PermanentFailure } from "../../kernel/failures.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { isLocal, parseAddress, type OutboundPolicy } from "../../platform/outbound/address.ts";

export type PlatformCredentials =
  /** An app registration; DocuWare announced it as the way for integrations. */
  | { readonly kind: "clientCredentials"; readonly clientId: string; readonly clientSecret: string }
  /** A DocuWare user of its own for this purpose. Accounts with single sign-on cannot be used. */
  | { readonly kind: "password"; readonly username: string; readonly password: string };

export const secretOf = (credentials: PlatformCredentials): string =>
  credentials.kind === "password" ? credentials.password : credentials.clientSecret;

export interface PlatformTarget {
  readonly organisationId: string;
  /** Root of the organisation's host, e.g. https://example.docuware.cloud. */
  readonly platformUrl: string;
  readonly credentials: PlatformCredentials;
  /** The file cabinet to test in (a GUID); the organisation's default cabinet when absent. */
  readonly cabinetId?: string;
}

/** The path under which DocuWare serves the Platform API on every host. */
export const PLATFORM_PATH = "/DocuWare/Platform";

/** A host's own root, or the service's. */
const ROOTS: ReadonlySet<string> = new Set(["/", PLATFORM_PATH, `${PLATFORM_PATH}/`]);
const NO_ROOT = "must be the root of its host, such as https://example.docuware.cloud";

/**
 * An organisation's address as it is kept: the root of its host. The error says what is wrong with it: where it may be
 * follows from the policy.
 */
export function parsePlatformUrl(text: string, policy: OutboundPolicy): Result<string, string> {
  const parsed = parseAddress(text, policy);
  if (!parsed.ok) return parsed;
  return ROOTS.has(parsed.value.pathname) ? ok(parsed.value.origin) : err(NO_ROOT);
}

/** The host's root as a URL. PermanentFailure when it is none. Whether it may be reached is the HTTP client's to say. */
export function platformRoot(target: PlatformTarget): URL {
  const what = `The platform address of ${target.organisationId}`;
  const root = secureUrl(target.platformUrl, undefined, what);
  if (!ROOTS.has(root.pathname)) throw new PermanentFailure(`${what} ${NO_ROOT}.`);
  return new URL("/", root);
}

/**
 * An address that secrets may be sent to: absolute, or relative to `base`, whose answer named it; what came over https
 * never leads to http. `what` begins the failure's message.
 */
export function secureUrl(address: string, base: URL | undefined, what: string): URL {
  const url = URL.parse(address, base?.href);
  if (url === null) throw new PermanentFailure(`${what} must be an absolute URL.`);
  const isLocalToo = isLocal(url) && base?.protocol !== "https:";
  if (url.protocol !== "https:" && !isLocalToo) {
    throw new PermanentFailure(`${what} must begin with https:// (http:// on this machine only).`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new PermanentFailure(`${what} must not carry user information.`);
  }
  return url;
}

/** A link of the service as a URL on the same host: the token is never sent to another one. */
export function linkWithin(root: URL, href: string): URL {
  const url = URL.parse(href, root.href);
  if (url === null || url.origin !== root.origin) {
    throw new PermanentFailure(`The Platform service of ${root.origin} named a link to another host.`);
  }
  return url;
}
