import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CAMPAIGN_MOVES } from "../../../shared/upgrades/core/campaign.ts";
import { MOVES } from "../../../shared/upgrades/core/moves.ts";
import { FUNCTIONAL_STEPS } from "../../../shared/docuware/functional-suite/functional-result.ts";

const readme = readFileSync("README.md", "utf8");

test("the README's table of states is the table of moves", () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| .* \|([^|]*)\|$/gm)];
  const table = Object.fromEntries(
    rows.map(([, state, next]) => [state, [...(next ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name)]),
  );
  expect(table).toEqual(MOVES);
});

test("the table of campaign states in docs/campaigns.md is the table of moves", () => {
  const states = /## States\n([\s\S]*?)\n\n/.exec(readFileSync("docs/campaigns.md", "utf8"))?.[1] ?? "";
  const rows = [...states.matchAll(/^\| `(\w+)` \| .* \|([^|]*)\|$/gm)];
  const table = Object.fromEntries(
    rows.map(([, state, next]) => [state, [...(next ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name)]),
  );
  expect(table).toEqual(CAMPAIGN_MOVES);
});

test("the README names the steps of the functional suite in their order", () => {
  const line = /### Steps of the functional suite\n([^;]*);/.exec(readme)?.[1] ?? "";
  expect([...line.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(FUNCTIONAL_STEPS.map((step) => step.name));
});
