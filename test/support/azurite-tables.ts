// Azure Tables (Azurite) for the tests of one file, from before the first to after the last.

import { afterAll, beforeAll } from "vitest";
import { azureTables } from "../../shared/platform/tables/azure-tables.ts";
import type { Tables } from "../../shared/platform/tables/tables.ts";
import { type Azurite, startAzurite } from "./azurite.ts";

export function azuriteTables(): () => Tables {
  let azurite: Azurite | undefined;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite?.stop());
  return () => {
    if (azurite === undefined) throw new Error("Azurite is not running.");
    return azureTables({ connectionString: azurite.connectionString });
  };
}
