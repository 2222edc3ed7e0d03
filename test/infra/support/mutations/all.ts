// All faults. Those of one group are built into one copy at the same time (a snapshot takes over a second), so each says
// which resource it hits.

import { one, type Mutation } from "./mutation.ts";
import { app, storageAndBus } from "./platform.ts";
import { hidden, network, rest, rights } from "./rights-and-network.ts";
import { watching } from "./watching.ts";

interface MutationGroup {
  readonly profile: string;
  readonly mutations: readonly Mutation[];
}

const STORAGE = "modules/storage.bicep";
const BUS = "modules/messaging.bicep";

export const GROUPS: readonly MutationGroup[] = [
  { profile: "small", mutations: [...storageAndBus, ...watching] },
  { profile: "small", mutations: [...app, ...rights, ...rest] },
  { profile: "large", mutations: network },
  { profile: "large", mutations: hidden },
];

/** Caught when compiling, by a code or rule of Bicep's own. */
export const COMPILE_MUTATIONS: readonly (Mutation & { readonly file: string })[] = [
  {
    file: BUS,
    ...one(
      "property that does not exist",
      BUS,
      "requiresDuplicateDetection:",
      "requireDuplicateDetection:",
      /^BCP0(37|89)/,
    ),
  },
  {
    file: STORAGE,
    ...one(
      "version that does not exist",
      STORAGE,
      "storageAccounts@2025-06-01'",
      "storageAccounts@2025-06-30'",
      /^BCP081/,
    ),
  },
  {
    file: STORAGE,
    ...one(
      "parameter that nobody uses",
      STORAGE,
      "param privateNetwork bool",
      "param privateNetwork bool\n@description('Unused.')\nparam unused bool",
      /^no-unused-params/,
    ),
  },
  {
    file: "modules/key-vault.bicep",
    ...one(
      "secret in an output",
      "modules/key-vault.bicep",
      "var contract =",
      "@description('Leak.')\noutput leak string = secrets.PROBE_CLIENT_SECRET\n\nvar contract =",
      /^outputs-should-not-contain-secrets/,
    ),
  },
  {
    file: "modules/key-vault.bicep",
    ...one(
      "secret no longer marked as one",
      "modules/key-vault.bicep",
      "@secure()\n",
      "",
      /^(use-secure-value-for-secure-inputs|secure-secrets-in-params)/,
    ),
  },
  {
    file: "modules/monitoring.bicep",
    ...one("wrong type", "modules/monitoring.bicep", "DisableLocalAuth: true", "DisableLocalAuth: 'yes'", /^BCP036/),
  },
  {
    file: "params/small.bicepparam",
    ...one(
      "profile without a value",
      "modules/types.bicep",
      "locks: bool",
      "locks: bool\n  @description('More.')\n  more: string",
      /more/,
    ),
  },
];
