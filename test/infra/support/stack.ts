// What a deployment would make, as read from a snapshot, and small helpers to look into it.

import { z } from "zod";

const resourceSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  apiVersion: z.string(),
  location: z.string().optional(),
  kind: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  identity: z.looseObject({ userAssignedIdentities: z.record(z.string(), z.unknown()).optional() }).optional(),
  properties: z.unknown().optional(),
});
const snapshotSchema = z.object({
  predictedResources: z.array(resourceSchema),
  diagnostics: z.array(z.unknown()),
  outputs: z.record(z.string(), z.unknown()),
});

export type Resource = z.output<typeof resourceSchema>;

/** What is true of a profile, said apart from the template. */
export interface Profile {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly isPremium: boolean;
  readonly isZoneRedundant: boolean;
  readonly hasVault: boolean;
  readonly hasLocks: boolean;
  readonly hasReaders: boolean;
  readonly isMailVerified: boolean;
}

export interface Stack {
  readonly profile: Profile;
  readonly resources: readonly Resource[];
  readonly diagnostics: readonly unknown[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Looks at a stack and says what is wrong with it, naming the resource; nothing when all is well. */
export type Rule = (stack: Stack) => readonly string[];
export type Rules = Readonly<Record<string, Rule>>;

export function readStack(profile: Profile, snapshot: string): Stack {
  const { predictedResources, diagnostics, outputs } = snapshotSchema.parse(JSON.parse(snapshot));
  return { profile, resources: predictedResources, diagnostics, outputs };
}

/** Byte-stable text of a snapshot: Bicep does not keep the order of outputs. */
export const sorted = (snapshot: string): string => `${JSON.stringify(sortKeys(JSON.parse(snapshot)), undefined, 2)}\n`;

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sortKeys(one)]),
  );
}

/** Type names differ in case in one place of Azure's own. */
export const ofType = (stack: Stack, type: string): readonly Resource[] =>
  stack.resources.filter((one) => one.type.toLowerCase() === type.toLowerCase());

/** The value at a path such as `properties.sku.name`; undefined when a step is missing. */
export function at(value: unknown, path: string): unknown {
  let current: unknown = value;
  for (const step of path.split(".")) {
    current = isRecord(current) ? current[step] : undefined;
  }
  return current;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Problems of all resources of a type whose value at a path is not the wanted one. */
export const wanted = (stack: Stack, type: string, path: string, value: unknown): readonly string[] => {
  const all = ofType(stack, type);
  const wrong = all.filter((one) => JSON.stringify(at(one, path)) !== JSON.stringify(value));
  const none = all.length === 0 ? [`there is no ${type}`] : [];
  return [
    ...none,
    ...wrong.map((one) => `${shortId(one.id)}: ${path} is ${textOf(at(one, path))}, not ${textOf(value)}`),
  ];
};

/** Without subscription and resource group. */
export const shortId = (id: string): string => id.replace(/^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?/, "");

/** What is in one list and not in the other, as problems. */
export const differences = (what: string, found: readonly string[], expected: readonly string[]): readonly string[] => {
  const [has, wants] = [new Set(found), new Set(expected)];
  return [
    ...expected.filter((one) => !has.has(one)).map((one) => `${what}: missing ${one}`),
    ...found.filter((one) => !wants.has(one)).map((one) => `${what}: unexpected ${one}`),
  ];
};
