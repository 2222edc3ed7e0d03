// Every defect of the mutation list can be put into the code as it is: a text that moved would leave the code whole, and the
// hunt would blame the invariants.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SOURCE_MUTATIONS } from "./parts/mutations.ts";

test.each(Object.entries(SOURCE_MUTATIONS))("%s is where its patches look for it", (_, { patches }) => {
  for (const { file, find, put } of patches) {
    const text = readFileSync(new URL(`../../shared/${file}`, import.meta.url), "utf8");
    expect(text.split(find)).toHaveLength(2);
    expect(put).not.toBe(find);
  }
});
