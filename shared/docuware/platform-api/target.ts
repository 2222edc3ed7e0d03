// Where an organisation's Platform API is and how we log in to it.

import { PermanentFailure } from "../../kernel/failures.ts";

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

/**
 * The host's root as a URL. PermanentFailure when it is none, or not https: tokens and passwords travel to it.
 * Plain http is taken for this machine only (local development).
 */
export function platformRoot(target: PlatformTarget): URL {
  const root = secureUrl(target.platformUrl, undefined, `The platform address of ${target.organisationId}`);
  if (root.pathname !== "/" && root.pathname !== PLATFORM_PATH && root.pathname !== `${PLATFORM_PATH}/`) {
    throw new PermanentFailure(
      `The platform address of ${target.organisationId} must be the root of its host, such as https://example.docuware.cloud.`,
    );
  }
  return new URL("/", root);
}

/** An address that secrets may be sent to: absolute, or relative to `base`. `what` begins the failure's message. */
export function secureUrl(address: string, base: URL | undefined, what: string): URL {
  const url = URL.parse(address, base?.href);
  if (url === null) throw new PermanentFailure(`${what} must be an absolute URL.`);
  const local = url.hostname === "127.0.0.1" || url.hostname === "localhost" || url.hostname === "[::1]";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) {
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
