import { afterAll, beforeAll } from "vitest";
import { azureTables } from "../../../shared/platform/tables/azure-tables.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { type Azurite, startAzurite } from "../../support/azurite.ts";
import { tablesSuite } from "./tables.suite.ts";

let azurite: Azurite | undefined;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => {
  await azurite?.stop();
});

tablesSuite("memory", async () => memoryTables());
tablesSuite("Azure Tables (Azurite)", async () => {
  if (azurite === undefined) throw new Error("Azurite is not running.");
  return azureTables({ connectionString: azurite.connectionString });
});
