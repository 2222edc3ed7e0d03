// The rows of freezes, in memory and on Azure Tables (Azurite) through the official SDK.

import { describe, expect, test } from "vitest";
import { freezeStore } from "../../../shared/freezes/store.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { azuriteTables } from "../../support/azurite-tables.ts";
import { freeze, yearly } from "../../unit/freezes/support.ts";
import { FREEZES_TABLE } from "../../../shared/freezes/resources.ts";

describe.each([
  ["memory", memoryTables],
  ["Azure Tables", azuriteTables()],
])("freezes on %s", (_name, create) => {
  test("live from entering to removal, and a write on an old picture loses", async () => {
    const tables = create();
    await tables.ensure([FREEZES_TABLE]);
    const store = freezeStore(tables);
    const [a, b] = [freeze(yearly("12-15", "01-06"), undefined, "a"), freeze(yearly("07-01", "07-10"), undefined, "b")];
    const empty = await store.picture();
    expect(empty.stored).toEqual([]);
    const first = await store.write(a, empty, undefined);
    const etag = first.kind === "written" ? first.etag : "";
    expect(await store.read("a")).toEqual({ freeze: a, etag });
    expect(await store.write(b, empty, undefined)).toEqual({ kind: "overtaken" });
    expect(await store.write(a, await store.picture(), undefined)).toEqual({ kind: "conflict" });
    expect((await store.write(b, await store.picture(), undefined)).kind).toBe("written");

    const page = await store.list(1);
    expect(page.items.map((item) => item.freeze)).toEqual([a]);
    expect((await store.list(1, page.cursor)).items.map((item) => item.freeze)).toEqual([b]);

    const longer = { ...a, reason: "longer" };
    const replaced = await store.write(longer, await store.picture(), etag);
    expect(replaced.kind).toBe("written");
    expect(await store.write(a, await store.picture(), etag)).toEqual({ kind: "conflict" });
    expect(await store.remove("a", etag)).toBe("conflict");
    expect(await store.remove("a", replaced.kind === "written" ? replaced.etag : "")).toBe("removed");
    expect(await store.all()).toEqual([b]);
    expect(await store.read("a")).toBeUndefined();
  });
});
