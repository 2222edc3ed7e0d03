import { memoryTables } from "../../support/memory/memory-tables.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { upgradeStoreSuite } from "./store.suite.ts";

const azure = azuriteTables();
upgradeStoreSuite("memory tables", async () => memoryTables());
upgradeStoreSuite("Azure Tables (Azurite)", async () => azure());
