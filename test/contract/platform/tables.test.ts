import { memoryTables } from "../../support/memory/memory-tables.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { tablesSuite } from "./tables.suite.ts";

const azure = azuriteTables();
tablesSuite("memory", async () => memoryTables());
tablesSuite("Azure Tables (Azurite)", async () => azure());
