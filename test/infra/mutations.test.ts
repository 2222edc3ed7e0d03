// The checks themselves, checked: each fault of a long list is built into a copy of the templates and must be found.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMPILE_MUTATIONS, GROUPS } from "./support/mutations/all.ts";
import { findings } from "./support/rules/all.ts";
import { bicep, copyOfInfra, stackOf, type Copy } from "./support/workbench.ts";

describe.each(GROUPS.map((group, index) => ({ ...group, index })))("faults in $profile ($index)", (group) => {
  let copy: Copy;
  let found: readonly string[] = [];
  beforeAll(async () => {
    copy = copyOfInfra();
    // Some faults make the linter refuse to go on; the rules must find them without its help.
    copy.edit("infra/bicepconfig.json", '"enabled": true', '"enabled": false');
    for (const [path, from, to] of group.mutations.flatMap(({ edits }) => edits)) copy.edit(`infra/${path}`, from, to);
    found = findings(await copy.stack(group.profile));
  });
  afterAll(() => copy.remove());

  test("are none without them", async () => {
    expect(findings(await stackOf(group.profile))).toEqual([]);
  });
  test.each(group.mutations)("$name", ({ caught }) => {
    expect(
      found.filter((finding) => caught.test(finding)),
      found.join("\n"),
    ).not.toEqual([]);
  });
});

describe("faults when compiling", () => {
  test.each(COMPILE_MUTATIONS)("$name", async ({ file, edits, caught }) => {
    const copy = copyOfInfra();
    try {
      for (const [path, from, to] of edits) copy.edit(`infra/${path}`, from, to);
      const path = join(copy.root, "infra", file);
      const diagnostics = await (file.endsWith(".bicep") ? bicep().compile(path) : bicep().compileParams(path));
      const said = diagnostics.map(({ code, message }) => `${code}: ${message}`);
      expect(
        said.filter((text) => caught.test(text)),
        said.join("\n"),
      ).not.toEqual([]);
    } finally {
      copy.remove();
    }
  });
});

test("there are more than forty faults", () => {
  expect(GROUPS.flatMap(({ mutations }) => mutations).length + COMPILE_MUTATIONS.length).toBeGreaterThan(40);
});
