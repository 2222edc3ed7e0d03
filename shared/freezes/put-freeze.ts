// Enters a freeze, or replaces one; refused when an organisation under it could no longer be upgraded.

import { DAY_MS } from "../kernel/time/durations.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { freezeSchema, type Freeze } from "../kernel/time/freeze.ts";
import { lastInstant, parseWall } from "../kernel/time/wall-time.ts";
import { findShortages, type ShortageDeps, type Shortages } from "./find-shortages.ts";
import { MAX_FREEZES, type FreezePicture, type FreezeStore, type StoredFreeze } from "./store.ts";

/** Further ahead nobody plans, and every check would have to look that far. */
const MAX_YEARS_AHEAD = 10;

export type FreezeRefusal =
  | { readonly kind: "etagNeeded" | "changedMeanwhile" | "tooMany" | "tooMuchToCheck" }
  /** It is over, or ends too far ahead. */
  | { readonly kind: "outOfReach"; readonly message: string }
  /** No organisation is in its scope: most likely a typing error, and it would freeze nothing. */
  | { readonly kind: "nobodyInScope" }
  | ({ readonly kind: "tooFewWindows" } & Shortages)
  /** Another freeze was written while this one was checked. */
  | { readonly kind: "overtaken" };

export interface PutFreezeDeps extends ShortageDeps {
  readonly freezes: FreezeStore;
}

export interface PutFreeze extends StoredFreeze {
  readonly created: boolean;
}

/** Whether `putFreeze` would take it, and for how many organisations; writes nothing. */
export async function tryFreeze(
  deps: PutFreezeDeps,
  freeze: Freeze,
  ifMatch: string | undefined,
): Promise<Result<Shortages, FreezeRefusal>> {
  return check(deps, await deps.freezes.picture(), freeze, ifMatch);
}

/** `ifMatch`: the etag the caller saw; absent for a new freeze. The same freeze again changes nothing. */
export async function putFreeze(
  deps: PutFreezeDeps,
  freeze: Freeze,
  ifMatch: string | undefined,
): Promise<Result<PutFreeze, FreezeRefusal>> {
  const picture = await deps.freezes.picture();
  const present = find(picture, freeze.freezeId);
  // The first answer may have been lost.
  if (present !== undefined && isSame(present.freeze, freeze)) return ok({ ...present, created: false });
  const checked = await check(deps, picture, freeze, ifMatch);
  if (!checked.ok) return checked;
  const written = await deps.freezes.write(freeze, picture, present?.etag);
  switch (written.kind) {
    case "written":
      return ok({ freeze, etag: written.etag, created: present === undefined });
    case "overtaken":
      return err({ kind: "overtaken" });
    case "conflict":
      return err({ kind: "changedMeanwhile" });
  }
}

async function check(
  deps: PutFreezeDeps,
  picture: FreezePicture,
  freeze: Freeze,
  ifMatch: string | undefined,
): Promise<Result<Shortages, FreezeRefusal>> {
  const present = find(picture, freeze.freezeId);
  if (ifMatch === undefined && present !== undefined) return err({ kind: "etagNeeded" });
  if (ifMatch !== undefined && ifMatch !== present?.etag) return err({ kind: "changedMeanwhile" });
  if (present === undefined && picture.stored.length >= MAX_FREEZES) return err({ kind: "tooMany" });
  const message = outOfReach(freeze, deps.clock.now());
  if (message !== undefined) return err({ kind: "outOfReach", message });
  const others = picture.stored.map((one) => one.freeze).filter(({ freezeId }) => freezeId !== freeze.freezeId);
  const shortages = await findShortages(deps, [...others, freeze], freeze.scope);
  if (shortages === "tooMuch") return err({ kind: "tooMuchToCheck" });
  if (shortages.count > 0) return err({ kind: "tooFewWindows", ...shortages });
  if (shortages.checked === 0 && freeze.scope.kind !== "global") return err({ kind: "nobodyInScope" });
  return ok(shortages);
}

const find = ({ stored }: FreezePicture, freezeId: string): StoredFreeze | undefined =>
  stored.find(({ freeze }) => freeze.freezeId === freezeId);

function outOfReach({ period }: Freeze, now: number): string | undefined {
  if (period.kind === "yearly") return undefined;
  const end = lastInstant(parseWall(period.to), period.zone);
  if (end <= now) return "must be in the future: this freeze is over";
  if (end > now + MAX_YEARS_AHEAD * 366 * DAY_MS) return `must be at most ${MAX_YEARS_AHEAD} years ahead`;
  return undefined;
}

/** The schema puts the names into one order. */
const isSame = (a: Freeze, b: Freeze): boolean =>
  JSON.stringify(freezeSchema.parse(a)) === JSON.stringify(freezeSchema.parse(b));
