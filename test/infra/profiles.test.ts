// What each profile would deploy: equal to its golden file, and lawful by every rule. One golden file is whole; those of
// the other profiles hold what differs from it.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { goldenPath, PROFILES } from "./support/profiles.ts";
import { RULES } from "./support/rules/all.ts";
import { changesFrom } from "./support/golden.ts";
import { sorted } from "./support/stack.ts";
import { snapshotOf, stackOf } from "./support/workbench.ts";

const WHOLE = "small";
const update = process.env["INFRA_UPDATE"] === "1";

/** The variants are held by the rules only: their golden files would repeat the profiles'. */
const kept = PROFILES.filter(({ path }) => path.startsWith("infra/")).map(({ name }) => name);

describe.each(kept)("%s", (name) => {
  test("deploys what its golden file says (npm run infra:check -- --update)", async () => {
    const own = await snapshotOf(name);
    const text = sorted(name === WHOLE ? own : changesFrom(await snapshotOf(WHOLE), own));
    if (update) writeFileSync(goldenPath(name), text);
    expect(existsSync(goldenPath(name)), `${goldenPath(name)} is missing`).toBe(true);
    expect(text).toBe(readFileSync(goldenPath(name), "utf8"));
  });
});

describe.each(PROFILES.map(({ name }) => name))("%s", (name) => {
  test.each(Object.keys(RULES))("%s", async (rule) => {
    expect(RULES[rule]?.(await stackOf(name))).toEqual([]);
  });
});
