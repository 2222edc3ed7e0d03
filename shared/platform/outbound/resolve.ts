// What a host name resolves to, and whether a connection may go there. All its addresses must be public, and the connection
// goes to those that were judged and nowhere else, so that a name that changes between check and use (DNS rebinding)
// gains nothing.

import { Resolver } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { describeFailure, PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { isPublicAddress } from "./address.ts";

/** All IPv4 and IPv6 addresses of a host name, empty when it has none. Throws when that cannot be found out now. */
export type ResolveHost = (hostname: string, signal?: AbortSignal) => Promise<readonly string[]>;

const MAX_ADDRESSES = 4;

export interface Unreachable {
  /** What is wrong with the address, after its name: `must name …`. */
  readonly reason: string;
  /** Nothing of the network: the name itself points where nothing may be sent. */
  readonly isForbidden: boolean;
}

/** The addresses to connect to, in this order. The error tells no address: nobody shall explore our DNS with it. */
export async function publicAddresses(
  resolve: ResolveHost,
  hostname: string,
  signal?: AbortSignal,
): Promise<Result<readonly string[], Unreachable>> {
  const unreachable = (reason: string, isForbidden = false) => err({ reason, isForbidden });
  let found: readonly string[];
  try {
    found = await resolve(hostname, signal);
  } catch (error) {
    return unreachable(`must name a host that can be looked up: ${describeFailure(error, 150)}`);
  }
  if (found.length === 0) return unreachable(`must name a host that exists: ${hostname} has no address in DNS`);
  // One that is not public among public ones is enough: a rebinding name answers with both.
  if (found.every(isPublicAddress)) return ok(found.slice(0, MAX_ADDRESSES));
  return unreachable(`must name a public host: ${hostname} has an address that is not public`, true);
}

/**
 * For the connections of a client: the name is looked up and judged at each new one, which goes to the judged addresses
 * only. Fails with a PermanentFailure where nothing may be sent, with a TransientFailure where it is not known.
 */
export const judgingLookup = (resolve: ResolveHost): LookupFunction =>
  lookupOf(async (hostname) => {
    const found = await publicAddresses(resolve, hostname);
    if (found.ok) return found.value;
    const { isForbidden, reason } = found.error;
    throw new (isForbidden ? PermanentFailure : TransientFailure)(`The address ${reason}.`);
  });

/** For a connection to addresses that were judged before: the name is not asked for a second time. */
export const pinnedLookup = (addresses: readonly string[]): LookupFunction =>
  lookupOf(() => {
    if (addresses.length === 0) throw new Error("There is no checked address.");
    return addresses;
  });

function lookupOf(find: (hostname: string) => Promise<readonly string[]> | readonly string[]): LookupFunction {
  return (hostname, options, callback) => {
    const answer = async (): Promise<void> => {
      let entries: { readonly address: string; readonly family: number }[] = [];
      let failure: Error | null = null;
      try {
        entries = (await find(hostname)).map((address) => ({ address, family: isIP(address) }));
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
      const [first] = entries;
      if (failure !== null || first === undefined) callback(failure, "");
      else if (options.all === true) callback(null, entries);
      else callback(null, first.address, first.family);
    };
    void answer();
  };
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
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const failure = answers.find((answer) => answer.status === "rejected" && !isAbsent(answer.reason));
      // Half an answer is none: the missing half could be the address that must be refused.
      if (failure?.status === "rejected") throw failure.reason;
      return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  };

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENODATA" || error.code === "ENOTFOUND");
