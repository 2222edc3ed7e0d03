// Who may sign in to a simulated organisation: the verification user and one ordinary customer, each also as an app
// registration. Only the verification identities are let in while an organisation is offline.
import { createHash, timingSafeEqual } from "node:crypto";
import { PROBE } from "../../fleet.ts";

/** The ordinary customer of every organisation. */
export const CUSTOMER = {
  username: "customer",
  password: "local",
  clientId: "customer-client",
  clientSecret: "local",
} as const;

/** Client id of DocuWare's own API client, used by the password grant. */
export const PLATFORM_CLIENT = "docuware.platform.net.client";

const ACCOUNTS = [PROBE, CUSTOMER] as const;

export interface Account {
  readonly username: string;
  readonly isVerification: boolean;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
const equal = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const account = (username: string): Account => ({ username, isVerification: username === PROBE.username });

/** User names are not case-sensitive; passwords are. */
export function userByPassword(username: string, password: string): Account | undefined {
  const found = ACCOUNTS.find((one) => one.username === username.toLowerCase());
  return found !== undefined && equal(found.password, password) ? account(found.username) : undefined;
}

export const userByName = (username: string): Account | undefined =>
  ACCOUNTS.some((one) => one.username === username) ? account(username) : undefined;

/** An app registration acts as the user it belongs to (which user it is in DocuWare is undocumented). */
export function userByClient(clientId: string, clientSecret: string): Account | undefined {
  const found = ACCOUNTS.find((one) => one.clientId === clientId);
  return found !== undefined && equal(found.clientSecret, clientSecret) ? account(found.username) : undefined;
}
