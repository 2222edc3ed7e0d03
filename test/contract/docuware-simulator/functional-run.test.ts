// The whole life of a document as a functional check runs it, over real HTTP.
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { INITIAL_VERSION } from "../../../local/fleet.ts";
import type { Simulator } from "../../../local/docuware/simulator.ts";
import { Client, details, json, resultSchema, start } from "./support.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await start();
});
afterAll(() => simulator.stop());

test("log on, find the cabinet, store, search, fetch, compare bytes, update, delete, purge, log off", async () => {
  const client = await Client.open(simulator);
  const version = await client.call("");
  expect(version.json(z.object({ Version: z.string() })).Version).toBe(INITIAL_VERSION);

  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256));
  const id = await client.store({ SUBJECT: "marker-1" }, bytes);
  const found = (await client.search({ Condition: [{ DBName: "SUBJECT", Value: ["marker-1"] }] })).json(resultSchema);
  expect(found.Items).toEqual([{ Id: id, Title: "marker-1" }]);

  const document = (await client.call(`${client.cabinet}/Documents/${id}`)).json(
    z.object({ Sections: z.array(z.object({ Id: z.string(), Links: z.array(z.object({ rel: z.string() })) })) }),
  );
  expect(document.Sections[0]?.Links.map((link) => link.rel)).toEqual(["self"]);
  const section = `${client.cabinet}/Sections/${document.Sections[0]?.Id}`;
  const data = await client.call(`${section}/Data`);
  expect(data.bytes.equals(bytes)).toBe(true);
  expect(data.headers.get("content-type")).toBe("application/pdf");

  const update = { Field: [{ FieldName: "SUBJECT", Item: "marker-2", ItemElementName: "String" }] };
  const updated = await client.call(`${client.cabinet}/Documents/${id}/Fields`, json(update, "PUT"));
  expect(updated.json(z.object({ Field: z.array(z.object({ FieldName: z.string() })) })).Field.length).toBeGreaterThan(
    8,
  );
  expect(await client.titles({ Condition: [{ DBName: "SUBJECT", Value: ["marker-1"] }] })).toEqual([]);
  expect(await client.titles({ Condition: [{ DBName: "SUBJECT", Value: ["marker-2"] }] })).toEqual(["marker-2"]);

  expect((await client.call(`${client.cabinet}/Documents/${id}`, { method: "DELETE" })).status).toBe(200);
  expect((await client.call(`${client.cabinet}/Documents/${id}`)).status).toBe(404);
  const trash = await client.call("/TrashBin/Query", json({ Condition: [] }));
  const rows = trash.json(z.object({ Rows: z.array(z.array(z.unknown())) })).Rows;
  expect(rows.map((row) => row[0])).toEqual([expect.stringMatching(new RegExp(`^tr_.*-${id}$`))]);
  const purge = await client.call("/TrashBin/BatchDelete", json({ Id: [rows[0]?.[0], "tr_none-1"] }));
  expect(
    purge.json(z.object({ SuccessCount: z.number(), FailedItems: z.array(z.object({ Id: z.string() })) })),
  ).toEqual({
    SuccessCount: 1,
    FailedItems: [{ Id: "tr_none-1" }],
  });
  expect(await details(simulator)).toMatchObject({ documents: 0, trash: 0 });
  expect((await client.call("/Account/Logoff")).status).toBe(200);
});
