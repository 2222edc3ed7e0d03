import { expect, test } from "vitest";
import { staleFiles } from "../../../scripts/contract.ts";

test("what follows from the declarations is written down (npm run contract)", async () => {
  expect(await staleFiles()).toEqual([]);
});
