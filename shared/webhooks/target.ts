// Where one request goes: the address of a webhook with the IP addresses that its host name has right now. All of them
// must be public, and the connection goes to them and nowhere else, so that a name that changes between check and use
// (DNS rebinding) gains nothing.

import { Resolver } from "node:dns/promises";
import { describeFailure, TransientFailure } from "../kernel/failures.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { withDeadline } from "../platform/deadline.ts";
import { isLocal, isPublicAddress, parseAddress } from "./core/address.ts";

export interface Target {
  readonly url: URL;
  /** Checked; tried in this order. */
  readonly addresses: readonly string[];
}

/** All IPv4 and IPv6 addresses of a host name, empty when it has none. Throws when that cannot be found out now. */
export type ResolveHost = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface TargetDeps {
  readonly resolve: ResolveHost;
  readonly allowLocal: boolean;
}

const MAX_ADDRESSES = 4;
const CHECK_MS = 8000;

/** The error says why nothing may or can be sent there; it names no address, so that nobody can explore our DNS with it. */
export async function targetOf(
  { resolve, allowLocal }: TargetDeps,
  text: string,
  signal: AbortSignal,
): Promise<Result<Target, string>> {
  const parsed = parseAddress(text, allowLocal);
  if (!parsed.ok) return parsed;
  const url = parsed.value;
  if (isLocal(url)) return ok({ url, addresses: [url.hostname] });
  try {
    const found = await resolve(url.hostname, signal);
    if (found.length === 0) return err(`must name a host that exists: ${url.hostname} has no address in DNS`);
    // One that is not public among public ones is enough: a rebinding name answers with both.
    if (!found.every(isPublicAddress))
      return err(`must name a public host: ${url.hostname} has an address that is not public`);
    return ok({ url, addresses: found.slice(0, MAX_ADDRESSES) });
  } catch (error) {
    return err(`must name a host that can be looked up: ${describeFailure(error, 150)}`);
  }
}

/** What is wrong with an address that somebody wants to have events sent to; undefined when nothing is. */
export async function addressProblem(deps: TargetDeps, text: string): Promise<string | undefined> {
  try {
    const target = await withDeadline("The look-up of the host", CHECK_MS, (signal) => targetOf(deps, text, signal));
    return target.ok ? undefined : target.error;
  } catch (error) {
    if (error instanceof TransientFailure) return "must name a host that can be looked up: DNS did not answer in time";
    throw error;
  }
}

/**
 * Asks DNS servers (those of the machine when absent; `address:port`), at most 2 seconds each and twice; hosts files are
 * not read. IPv4 comes first.
 */
export const dnsResolver =
  (servers?: readonly string[]): ResolveHost =>
  async (hostname, signal) => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const failure = answers.find((answer) => answer.status === "rejected" && !isAbsent(answer.reason));
      // Half an answer is none: the missing half could be the address that must be refused.
      if (failure?.status === "rejected") throw failure.reason;
      return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENODATA" || error.code === "ENOTFOUND");
