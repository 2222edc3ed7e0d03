// Where one request goes: an address with the IP addresses that its host name has right now, for whoever connects himself
// (webhooks). Clients that keep connections judge at each new one (resolve.ts: judgingLookup).

import { TransientFailure } from "../../kernel/failures.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { withDeadline } from "../deadline.ts";
import { isLocal, parseAddress, type OutboundPolicy } from "./address.ts";
import { publicAddresses, type ResolveHost } from "./resolve.ts";

export interface Target {
  readonly url: URL;
  /** Checked; tried in this order. */
  readonly addresses: readonly string[];
}

export interface TargetDeps {
  readonly resolve: ResolveHost;
  readonly outbound: OutboundPolicy;
}

const CHECK_MS = 8000;

/** The error says why nothing may or can be sent there. */
export async function targetOf(
  { resolve, outbound }: TargetDeps,
  text: string,
  signal: AbortSignal,
): Promise<Result<Target, string>> {
  const parsed = parseAddress(text, outbound);
  if (!parsed.ok) return parsed;
  const url = parsed.value;
  if (isLocal(url)) return ok({ url, addresses: [url.hostname] });
  const found = await publicAddresses(resolve, url.hostname, signal);
  return found.ok ? ok({ url, addresses: found.value }) : err(found.error.reason);
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
