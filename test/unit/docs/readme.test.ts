// README and docs/ say what the code says. (What they say of the API and of infra/: test/infra/.)

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import sample from "../../../local.settings.sample.json" with { type: "json" };
import { PORTS } from "../../../local/ports.ts";
import { FUNCTIONAL_STEPS } from "../../../shared/docuware/functional-suite/functional-result.ts";
import { parseSettings } from "../../../shared/capabilities.ts";
import { SettingsError } from "../../../shared/platform/settings/setting.ts";
import { CAMPAIGN_MOVES } from "../../../shared/upgrades/core/campaign.ts";
import { MOVES } from "../../../shared/upgrades/core/moves.ts";

const read = (path: string): string => readFileSync(path, "utf8");
const section = (path: string, title: string): string =>
  new RegExp(`^## ${title}\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, "m").exec(read(path))?.[1] ?? "";
const quoted = (text: string | undefined): string[] =>
  [...(text ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name ?? "");
/** First cell and the names in the last one, of rows that begin with a name. */
const moves = (text: string): Record<string, string[]> =>
  Object.fromEntries(
    [...text.matchAll(/^\| `(\w+)` \| .* \|([^|]*)\|$/gm)].map(([, state, next]) => [state, quoted(next)]),
  );

test("the table of upgrade states is the table of moves", () => {
  expect(moves(section("docs/states.md", "States of an upgrade"))).toEqual(MOVES);
});

test("the table of campaign states is the table of moves", () => {
  expect(moves(section("docs/campaigns.md", "States").split("\n\n")[0] ?? "")).toEqual(CAMPAIGN_MOVES);
});

test("the steps of the functional suite are named in their order", () => {
  const steps = section("docs/states.md", "Steps of the functional suite").split(";")[0];
  expect(quoted(steps)).toEqual(FUNCTIONAL_STEPS.map((step) => step.name));
});

test("the table of addresses has every port and its variable", () => {
  const rows = [...section("docs/local-stack.md", "Addresses").matchAll(/\| ([\d, +n]+) \| ([`A-Z_, ]+) \|$/gm)];
  const shown = rows.flatMap(([, ports = "", names = ""]) =>
    names
      .split(",")
      .map((name, index) => [name.replaceAll(/[` ]/g, ""), Number.parseInt(ports.split(",")[index] ?? "", 10)]),
  );
  const variable = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  expect(new Map(shown.map(([name, port]) => [name, port]))).toEqual(
    new Map(Object.entries(PORTS).map(([name, port]) => [variable(name), port])),
  );
});

describe("docs/settings.md", () => {
  const values: Readonly<Record<string, string>> = sample.Values;
  const rows = [...section("docs/settings.md", "May be set").matchAll(/^\| `(\w+)` \| (?:`(.*)`)? ?\| .+ \|$/gm)];
  const optional = rows.map(([, name = "", standard]) => ({ name, standard }));
  const required = quoted(section("docs/settings.md", "Must be set")).filter((name) => /[a-z]$|[A-Z]{2}$/.test(name));

  test.each(optional)("$name is read, and its standard is $standard", ({ name, standard }) => {
    const { [name]: _, ...without } = values;
    const tooLong = () => parseSettings({ ...values, [name]: "x".repeat(2001) });
    expect(tooLong).toThrow(SettingsError);
    expect(tooLong).toThrow(`${name}: `);
    // Local organisations are allowed only where it says so, whatever the standard of this one is.
    if (standard !== undefined) expect(parseSettings({ ...without, [name]: standard })).toEqual(parseSettings(without));
  });

  test("names every setting of a developer's machine, and those that must be set stop the start", () => {
    const documented = new Set([...optional.map(({ name }) => name), ...required]);
    const ofTheHost = /^(?:FUNCTIONS_|AzureWebJobs)/;
    expect(Object.keys(values).filter((name) => !ofTheHost.test(name) && !documented.has(name))).toEqual([]);
    const missing = required.filter((name) => name in values);
    expect(missing.length).toBeGreaterThan(15);
    for (const name of missing) expect(() => parseSettings({ ...values, [name]: "" }), name).toThrow(SettingsError);
  });
});

const CODE = ["functions", "shared", "infra", "local", "test", "bench", "scripts", "docs"];
const files = [
  ...readdirSync("."),
  ...CODE.flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))),
];
const pages = ["README.md", "CONTRIBUTING.md", ...markdown("docs")];

function markdown(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdown(path);
    return path.endsWith(".md") ? [path] : [];
  });
}

/** As the usual hosts make them of a heading. */
const anchors = (path: string): string[] =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(pages)("links of %s lead somewhere", (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");
  const broken = links.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const path = file === "" ? page : join(dirname(page), file);
    return !existsSync(path) || (anchor !== undefined && !anchors(path).includes(anchor));
  });
  expect(broken).toEqual([]);
});

/** Files that a page names by their path or, for code of this repository, by their name alone. */
test.each(pages)("files that %s names exist", (page) => {
  const named = [...read(page).matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|json|md|bicep|sh|yaml|kql|bicepparam))`/g)];
  const missing = named
    .map(([, name]) => name ?? "")
    .filter(
      (name) => !/^dist\/|\bKEY\b/.test(name) && !files.some((file) => file === name || file.endsWith(`/${name}`)),
    );
  expect(missing).toEqual([]);
});
