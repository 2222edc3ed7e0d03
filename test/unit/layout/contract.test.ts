import { expect, test } from "vitest";
import { staleFiles } from "../../../scripts/contract.ts";

test("what follows from the declarations is written down (npm run contract)", { timeout: 60_000 }, async () => {
  expect(await staleFiles()).toEqual([]);
});
