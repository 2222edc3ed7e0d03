// Every file is in order by itself: no diagnostic of any level, formatted as Bicep formats it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./support/profiles.ts";
import { bicep, copyOfInfra } from "./support/workbench.ts";

const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .toSorted();

const templates = filesIn("infra", ".bicep");
const parameters = filesIn("infra", ".bicepparam");
const variants = filesIn("test/infra/variants", ".bicepparam");

describe("templates", () => {
  test("there are templates to look at", () => {
    expect(templates.length).toBeGreaterThan(20);
    expect(parameters.length).toBeGreaterThan(4);
  });
  test.each(templates)("%s has no diagnostics", async (path) => {
    expect(await bicep().compile(join(ROOT, path))).toEqual([]);
  });
  test.each(parameters)("%s has no diagnostics", async (path) => {
    expect(await bicep().compileParams(join(ROOT, path))).toEqual([]);
  });
  test.each([...templates, ...parameters, ...variants])("%s is formatted", async (path) => {
    expect(await bicep().format(join(ROOT, path))).toBe(readFileSync(join(ROOT, path), "utf8"));
  });
});

// A rule name that Bicep does not know is swallowed without a word: prove that the configuration bites.
describe("linter", () => {
  const bad: readonly (readonly [rule: string, from: string, to: string])[] = [
    ["no-unused-params", "param tags tagsT\n", "param tags tagsT\n@description('Unused.')\nparam other string\n"],
    ["use-description-params", "@description('Required. Tags.')\n", ""],
    ["use-recent-api-versions", "userAssignedIdentities@2024-11-30", "userAssignedIdentities@2015-08-31-preview"],
    ["BCP081", "userAssignedIdentities@2024-11-30", "userAssignedIdentities@2024-11-29"],
    ["use-user-defined-types", "param tags tagsT", "param tags object"],
  ];
  test.each(bad)("reports %s", async (rule, from, to) => {
    const copy = copyOfInfra();
    try {
      copy.edit("infra/modules/identity.bicep", from, to);
      const found = await bicep().compile(join(copy.root, "infra/modules/identity.bicep"));
      expect(found.map(({ code }) => code)).toContain(rule);
    } finally {
      copy.remove();
    }
  });
  test("names a variable that the deployment lacks", async () => {
    const copy = copyOfInfra();
    try {
      copy.edit("infra/params/base.bicepparam", "'EMAIL_DOMAIN'", "'NOT_SET_ANYWHERE'");
      const found = await bicep().compileParams(join(copy.root, "infra/params/small.bicepparam"));
      expect(found.map(({ message }) => message).join(" ")).toContain("NOT_SET_ANYWHERE");
    } finally {
      copy.remove();
    }
  });
});
