// Which organisations a set of freezes would leave without enough maintenance windows.

import { DAY_MS, MINUTE_MS } from "../kernel/time/durations.ts";
import { checkAvailability, checkedUntil, DEFAULT_AVAILABILITY } from "../kernel/time/availability.ts";
import { freezesFor, frozenSpans, type Freeze } from "../kernel/time/freeze.ts";
import { type Span } from "../kernel/time/wall-time.ts";
import { windowOf, type Organisation } from "../organisations/organisation.ts";
import type { OrganisationStore } from "../organisations/store.ts";
import type { Clock } from "../platform/clock/clock.ts";
import type { Wait } from "../platform/wait.ts";
import { mergeSpans, hasEnoughWindows } from "./core/enough-windows.ts";

export interface ShortageDeps {
  readonly organisations: OrganisationStore;
  readonly clock: Clock;
  readonly wait: Wait;
}

export interface Shortage {
  readonly organisationId: string;
  /** The first period with too few windows, and what to do. */
  readonly message: string;
}

export interface Shortages {
  /** How many organisations are in the scope. */
  readonly checked: number;
  readonly count: number;
  /** The first ten. */
  readonly first: readonly Shortage[];
}

const SHOWN = 10;
/** The Functions front end gives up on a request after 230 seconds. */
const LIMIT_MS = MINUTE_MS;
/** Other work of the process waits no longer than this for its turn. */
const TURN_MS = 50;

/** Reads the organisations in the scope one by one; `tooMuch` when they cannot be checked within a minute. */
export async function findShortages(
  deps: ShortageDeps,
  freezes: readonly Freeze[],
  scope: Freeze["scope"],
): Promise<Shortages | "tooMuch"> {
  const { clock, wait } = deps;
  const start = clock.now();
  const judge = judgeWindows(freezes, start);
  const first: Shortage[] = [];
  let count = 0;
  let checked = 0;
  let turn = start;
  for await (const organisation of inScope(deps.organisations, scope)) {
    checked++;
    const message = judge(organisation);
    if (message !== undefined && ++count <= SHOWN) {
      first.push({ organisationId: organisation.organisationId, message });
    }
    const now = clock.now();
    if (now - start > LIMIT_MS) return "tooMuch";
    if (now - turn <= TURN_MS) continue;
    await wait(0);
    turn = clock.now();
  }
  return { checked, count, first };
}

async function* inScope(organisations: OrganisationStore, scope: Freeze["scope"]): AsyncGenerator<Organisation> {
  if (scope.kind === "organisation") {
    const found = await organisations.read(scope.organisationId);
    if (found !== undefined) yield found.organisation;
    return;
  }
  for await (const organisation of organisations.all()) {
    if (scope.kind === "global" || organisation.stamp === scope.stamp) yield organisation;
  }
}

/** What is wrong with an organisation's window, if anything; equal windows under equal freezes are looked at once. */
function judgeWindows(freezes: readonly Freeze[], from: number): (organisation: Organisation) => string | undefined {
  const judged = new Map<string, string | undefined>();
  const spansFor = cachedSpans(from);
  return (organisation) => {
    const own = freezesFor(freezes, organisation);
    const ids = own.map(({ freezeId }) => freezeId).join();
    const window = windowOf(organisation);
    const key = JSON.stringify([window, ids]);
    if (!judged.has(key)) {
      const { frozen, until } = spansFor(own, ids);
      const isSure = hasEnoughWindows({ window, frozen, from, until, rule: DEFAULT_AVAILABILITY });
      const exact = isSure ? undefined : checkAvailability(window, own, from);
      judged.set(key, exact === undefined || exact.ok ? undefined : exact.error.message);
    }
    return judged.get(key);
  };
}

function cachedSpans(from: number) {
  const known = new Map<string, { readonly frozen: readonly Span[]; readonly until: number }>();
  return (own: readonly Freeze[], ids: string) => {
    const cached = known.get(ids);
    if (cached !== undefined) return cached;
    const until = checkedUntil(own, from);
    const end = until + (DEFAULT_AVAILABILITY.days + 2) * DAY_MS;
    const fresh = { frozen: mergeSpans(frozenSpans(own, { start: from, end })), until };
    known.set(ids, fresh);
    return fresh;
  };
}
