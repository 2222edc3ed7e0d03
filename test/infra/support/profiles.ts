// The profiles and variants that are checked, and what is true of each, said apart from the template.

import { join, resolve } from "node:path";
import type { Profile } from "./stack.ts";

export const ROOT = resolve(import.meta.dirname, "../../..");

interface Checked extends Profile {
  /** From the root of the project. */
  readonly path: string;
}

const usual: Omit<Profile, "name"> = {
  isPrivate: false,
  isPremium: false,
  isZoneRedundant: false,
  hasVault: true,
  hasLocks: true,
  hasReaders: false,
  isMailVerified: false,
};
const profile = (name: string, own: Partial<Profile>): Checked => ({
  ...usual,
  ...own,
  name,
  path: `infra/params/${name}.bicepparam`,
});
const variant = (name: string, own: Partial<Profile>): Checked => ({
  ...usual,
  ...own,
  name,
  path: `test/infra/variants/${name}.bicepparam`,
});

export const PROFILES: readonly Checked[] = [
  profile("dev", { hasLocks: false }),
  profile("small", {}),
  profile("medium", {}),
  profile("large", { isPrivate: true, isPremium: true, isZoneRedundant: true }),
  variant("mail-verified", { isMailVerified: true, hasReaders: true }),
  variant("small-private", { isPrivate: true, isPremium: true }),
  variant("no-vault", { hasVault: false, hasLocks: false }),
];

export const goldenPath = (name: string): string => join(ROOT, "infra/golden", `${name}.json`);
