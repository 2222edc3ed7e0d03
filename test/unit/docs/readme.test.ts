import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MOVES } from "../../../shared/upgrades/core/moves.ts";
import { FUNCTIONAL_STEPS } from "../../../shared/docuware/functional-result.ts";

const readme = readFileSync("README.md", "utf8");

test("the README's table of states is the table of moves", () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| .* \|([^|]*)\|$/gm)];
  const table = Object.fromEntries(
    rows.map(([, state, next]) => [state, [...(next ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name)]),
  );
  expect(table).toEqual(MOVES);
});

test("the README names the steps of the functional suite in their order", () => {
  const line = /### Steps of the functional suite\n([^;]*);/.exec(readme)?.[1] ?? "";
  expect([...line.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(FUNCTIONAL_STEPS.map((step) => step.name));
});
