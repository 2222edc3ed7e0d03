// The simulator's answers have the members of a real DocuWare Cloud's. The fixtures are answers in the shape that one was
// recorded with: an empty field has IsNull and no Item, empty keywords and tables are objects, a record has no sections.
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Simulator } from "../../../local/docuware/simulator.ts";
import storedWithFile from "./fixtures/store-with-file.json" with { type: "json" };
import storedWithoutFile from "./fixtures/store-without-file.json" with { type: "json" };
import updatedFields from "./fixtures/update-fields.json" with { type: "json" };
import { Client, idSchema, json, start } from "./support.ts";

let simulator: Simulator;
let client: Client;
beforeAll(async () => {
  simulator = await start();
  client = await Client.open(simulator);
});
afterAll(() => simulator.stop());

const linksSchema = z.array(z.object({ rel: z.string(), href: z.string() }));

/** The value with every scalar replaced by its type, links by nothing (see `rels`), and fields by what they say of Item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const entries = Object.entries(value).filter(([name]) => name !== "Links");
  return Object.fromEntries(
    entries.map(([name, member]) => [name, LITERAL.has(name) ? (member as unknown) : shapeOf(member)]),
  );
}
const LITERAL = new Set(["FieldName", "FieldLabel", "ItemElementName", "IsNull", "ReadOnly", "SystemField", "$type"]);

const rels = (value: unknown): readonly string[] =>
  z
    .object({ Links: linksSchema })
    .parse(value)
    .Links.map((link) => link.rel);

function expectSameShape(answer: unknown, recorded: object): void {
  expect(shapeOf(answer)).toEqual(shapeOf(recorded));
}

const store = (fields: readonly object[], file?: string) => {
  const form = new FormData();
  form.append("document", new Blob([JSON.stringify({ Fields: fields })], { type: "application/json" }), "index.json");
  if (file !== undefined) form.append("File[]", new Blob([file], { type: "text/plain" }), "letter.txt");
  return client.call(`${client.cabinet}/Documents`, { method: "POST", body: form });
};
const SUBJECT = { FieldName: "SUBJECT", Item: "A letter", ItemElementName: "String" };

test("storing with a file", async () => {
  const answer = (await store([SUBJECT], "a letter")).json(z.looseObject({ Sections: z.array(z.unknown()) }));
  expectSameShape(answer, storedWithFile);
  expect(rels(answer)).toEqual(expect.arrayContaining([...rels(storedWithFile)]));
  expect(rels(answer.Sections[0])).toEqual(rels(storedWithFile.Sections[0]));
});

test("storing a record without a file: no sections, no thumbnails, no extension", async () => {
  const answer = (await store([])).json(z.looseObject({ Title: z.string(), ContentType: z.string() }));
  const SUBJECT_EMPTY = { ...storedWithoutFile, Fields: storedWithoutFile.Fields.map(emptySubject) };
  expectSameShape(answer, SUBJECT_EMPTY);
  expect(rels(answer)).toEqual(rels(storedWithoutFile));
  expect(answer.ContentType).toBe("application/octet-stream");
  expect(answer.Title).toMatch(/^Unnamed Document with id \d+ from \d+\/\d+\/\d{4} \d+:\d\d:\d\d\u202f[AP]M$/);
});
const emptySubject = ({ Item, ...field }: { FieldName: string; IsNull: boolean; Item?: unknown }) =>
  field.FieldName === "SUBJECT" ? { ...field, IsNull: true } : { ...field, ...(Item === undefined ? {} : { Item }) };

test("fetching and searching give the stored document's shape", async () => {
  const { Id } = (await store([SUBJECT], "a letter")).json(idSchema);
  expectSameShape((await client.call(`${client.cabinet}/Documents/${Id}`)).json(z.unknown()), storedWithFile);
  const found = await client.search({ Condition: [{ DBName: "DWDOCID", Value: [String(Id)] }] });
  const [item] = found.json(z.object({ Items: z.array(z.unknown()) })).Items;
  expectSameShape(item, storedWithFile);
});

test("updating answers all fields, and takes back the list that it answered", async () => {
  const { Id } = (await store([SUBJECT], "a letter")).json(idSchema);
  const path = `${client.cabinet}/Documents/${Id}/Fields`;
  const number = { FieldName: "INVOICE_NUMBER", Item: 42, ItemElementName: "Int" };
  const answer = await client.call(path, json({ Field: [number] }, "PUT"));
  expectSameShape(answer.json(z.unknown()), updatedFields);
  const again = await client.call(path, json(answer.json(z.unknown()), "PUT"));
  expectSameShape(again.json(z.unknown()), updatedFields);
});
