// The Platform API's own ways, as existing clients rely on them.
import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { PROBE } from "../../../local/fleet.ts";
import type { Simulator } from "../../../local/docuware/simulator.ts";
import type { Answer } from "./support.ts";
import {
  Client,
  grantForm,
  json,
  logOn,
  ORG,
  OTHER,
  resultSchema,
  ROOT,
  send,
  start,
  tokenEndpoint,
  tokenSchema,
} from "./support.ts";

let simulator: Simulator;
let client: Client;
let now = Date.UTC(2026, 0, 1);
beforeAll(async () => {
  simulator = await start({ now: () => now });
  client = await Client.open(simulator);
});
afterAll(() => simulator.stop());

const base = (organisationId = ORG): string => `${simulator.platformUrl(organisationId)}${ROOT}`;

test("app registrations log on by client_credentials", async () => {
  const endpoint = await tokenEndpoint(simulator);
  const { clientId, clientSecret } = PROBE;
  const inBody = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const token = (await send(endpoint, grantForm(inBody))).json(tokenSchema);
  const authorization = `Bearer ${token.access_token}`;
  expect(
    (await send(`${base()}/FileCabinets`, { headers: { accept: "application/json", authorization } })).status,
  ).toBe(200);
});

test.each([
  [{ grant_type: "password", username: "probe", password: "wrong" }, "invalid_grant"],
  [{ grant_type: "password", username: "nobody", password: "local" }, "invalid_grant"],
  [{ grant_type: "client_credentials", client_id: "probe-client", client_secret: "x" }, "invalid_client"],
  [{ grant_type: "trusted" }, "unsupported_grant_type"],
  [{ grant_type: "password", username: "probe", password: "local", scope: "openid" }, "invalid_scope"],
])("a refused logon is 400 with the OAuth error: %j", async (fields, error) => {
  const refused = await send(await tokenEndpoint(simulator), grantForm(fields));
  expect(refused.status).toBe(400);
  expect(refused.json(z.object({ error: z.string(), error_description: z.string() })).error).toBe(error);
});

test("a missing, expired or foreign token is 401 with a page that is not JSON", async () => {
  const calls = [
    await send(`${base()}/FileCabinets`, { headers: { accept: "application/json" } }),
    await send(`${base(OTHER)}/FileCabinets`, { headers: { authorization: `Bearer ${client.token}` } }),
  ];
  now += 3_600_001;
  calls.push(await client.call("/FileCabinets"));
  now -= 3_600_001;
  for (const refused of calls) {
    expect(refused.status).toBe(401);
    expect(refused.headers.get("content-type")).toContain("text/html");
    expect(refused.text).toContain("/DocuWare/Platform/LoginRedirect?returnUrl=");
  }
});

test("the service description is open, answers without a redirect, and any case of the path will do", async () => {
  for (const path of [ROOT, `${ROOT}/`, ROOT.toLowerCase()]) {
    const answer = await send(`${simulator.platformUrl(ORG)}${path}`, { headers: { accept: "application/json" } });
    expect(answer.status).toBe(200);
  }
});

test("errors are DocuWare's error object", async () => {
  const missing = await client.call(`${client.cabinet}/Documents/999`);
  expect(missing.json(z.unknown())).toEqual({
    Message: 'Document "999" was not found.',
    Exception: 'NotFoundException: Document "999" was not found.',
    Uri: `${ROOT}${client.cabinet}/Documents/999`,
    Method: "GET",
    StatusCode: 404,
    Status: "Not Found",
    InternalCode: 0,
  });
  expect((await client.call("/FileCabinets", { method: "DELETE" })).headers.get("allow")).toBe("GET");
  expect((await client.search({ Condition: [{ DBName: "SUBJECT" }] })).status).toBe(400);
  expect((await client.call("/Nowhere")).status).toBe(404);
});

test("searching: whole values in any case, stars and question marks, all conditions, pages in the order of storing", async () => {
  for (const name of ["Found a.1", "found b+2", "other"]) await client.store({ SUBJECT: name, COMPANY: "Search" });
  const find = (value: string, more: object = {}): Promise<readonly string[]> =>
    client.titles({ Condition: [where("SUBJECT", value), where("COMPANY", "search")], ...more });
  const where = (DBName: string, ...Value: readonly string[]): object => ({ DBName, Value });
  expect(await find("FOUND A.1")).toEqual(["Found a.1"]);
  expect(await find("found a?1")).toEqual(["Found a.1"]);
  expect(await find("found")).toEqual([]);
  expect(await find("found*")).toEqual(["Found a.1", "found b+2"]);
  expect(await find("*b+*")).toEqual(["found b+2"]);
  expect(await find("*", { Start: 1, Count: 1 })).toEqual(["found b+2"]);
  const page = await client.search({ Condition: [where("COMPANY", "search")], Count: 2 });
  expect(page.json(resultSchema).Count).toEqual({ HasMore: true, Value: 3 });
});

test("cabinets and trays, their dialogs, and the built-in dialog that no list shows", async () => {
  const list = await client.call("/FileCabinets");
  const cabinets = list.json(z.object({ FileCabinet: z.array(z.object({ IsBasket: z.boolean() })) })).FileCabinet;
  expect(cabinets.map(({ IsBasket }) => IsBasket)).toEqual([false, true]);
  const dialogs = (await client.call(`${client.cabinet}/Dialogs`)).json(
    z.object({ Dialog: z.array(z.object({ Type: z.string(), Id: z.string(), IsDefault: z.literal(true) })) }),
  ).Dialog;
  expect(dialogs.map(({ Type }) => Type)).toEqual(["Search", "Store", "ResultList"]);
  for (const id of [dialogs[0]?.Id, "00000000-0000-0000-0000-000000000000"]) {
    const dialog = await client.call(`${client.cabinet}/Dialogs/${id}`);
    const { Fields } = dialog.json(z.object({ Fields: z.array(z.object({ DBFieldName: z.string() })) }));
    expect(Fields[0]?.DBFieldName).toBe("SUBJECT");
  }
});

test("limits and refused expressions", async () => {
  const parentheses = await client.search({ Condition: [{ DBName: "SUBJECT", Value: ["a (b)"] }] });
  expect(parentheses.status).toBe(422);
  const many = await client.search({ Condition: [], Count: 10_001 });
  expect([many.status, many.text.includes("10000 per request")]).toEqual([422, true]);
  expect((await client.search({ Condition: [{ DBName: "NOPE", Value: ["x"] }] })).status).toBe(422);
  // DocuWare can do these, the app does not ask for them.
  expect((await client.search({ Condition: [], SortOrder: [{ Field: "SUBJECT" }] })).status).toBe(400);
  expect((await client.search({ Condition: [], Operation: "Or" })).status).toBe(400);
  expect((await client.call("/FileCabinets", { headers: { accept: "application/xml" } })).status).toBe(406);
});

test("a new document may be missing from results for a moment, not with ForceRefresh", async () => {
  await client.store({ SUBJECT: "lagging" });
  const condition = { Condition: [{ DBName: "SUBJECT", Value: ["lagging"] }] };
  const unforced = { ...condition, ForceRefresh: false };
  expect(await client.titles(unforced)).toEqual([]);
  expect(await client.titles(condition)).toEqual(["lagging"]);
  now += 100;
  expect(await client.titles(unforced)).toEqual(["lagging"]);
});

test("every kind of field comes back as clients expect it", async () => {
  const fields = { DOCUMENT_DATE: "2024-01-31", AMOUNT: "12.5", INVOICE_NUMBER: 42, KEYWORDS: { Keyword: ["a", "b"] } };
  const id = await client.store(fields);
  const fieldSchema = z.object({ FieldName: z.string(), Item: z.unknown().optional(), ItemElementName: z.string() });
  const document = (await client.call(`${client.cabinet}/Documents/${id}`)).json(
    z.object({ Fields: z.array(fieldSchema), CreatedAt: z.string(), Flags: z.object({ IsDBRecord: z.boolean() }) }),
  );
  const items = Object.fromEntries(document.Fields.map((field) => [field.FieldName, field.Item]));
  expect(items).toMatchObject({
    SUBJECT: undefined,
    DOCUMENT_DATE: `/Date(${Date.UTC(2024, 0, 31)})/`,
    AMOUNT: 12.5,
    INVOICE_NUMBER: 42,
    KEYWORDS: { $type: "DocumentIndexFieldKeywords", Keyword: ["a", "b"] },
    DWDOCID: id,
    DWSTOREUSER: "probe",
  });
  expect(document.CreatedAt).toBe(`/Date(${now})/`);
  expect(document.Flags.IsDBRecord).toBe(true);
  const back = { Field: [...document.Fields, { FieldName: "AMOUNT", IsNull: true }] };
  const updated = await client.call(`${client.cabinet}/Documents/${id}/Fields`, json(back, "PUT"));
  const after = updated.json(z.object({ Field: z.array(fieldSchema) })).Field;
  expect(after.find((field) => field.FieldName === "AMOUNT")?.Item).toBeUndefined();
  expect(after.find((field) => field.FieldName === "DOCUMENT_DATE")?.Item).toBe(items["DOCUMENT_DATE"]);
});

test("uploads that cannot be are refused and store nothing", async () => {
  const count = async (): Promise<number> => (await client.search({ Condition: [] })).json(resultSchema).Count.Value;
  const before = await count();
  const post = (body: string | Uint8Array<ArrayBuffer>, type = "multipart/form-data; boundary=b"): Promise<Answer> =>
    client.call(`${client.cabinet}/Documents`, { method: "POST", body, headers: { "content-type": type } });
  const part = (text: string): string =>
    `--b\r\nContent-Disposition: form-data; name="d"; filename="d.json"\r\nContent-Type: application/json\r\n\r\n${text}\r\n--b--\r\n`;
  expect((await post("x")).status).toBe(400);
  expect((await post("--b\r\n")).status).toBe(400);
  expect((await post(part("{"))).status).toBe(400);
  expect((await post(part('{"Fields":[{"FieldName":"NOPE","Item":1}]}'))).status).toBe(422);
  expect((await post("{}", "application/json")).status).toBe(400);
  expect((await post(new Uint8Array(65 * 1024 * 1024))).status).toBe(413);
  expect(await count()).toBe(before);
});

test("a client that hangs up in the middle of an upload stores nothing and disturbs nobody", async () => {
  const before = (await client.search({ Condition: [] })).json(resultSchema).Count.Value;
  const url = new URL(`${client.base}${client.cabinet}/Documents`);
  const headers = {
    authorization: `Bearer ${client.token}`,
    "content-type": "application/pdf",
    "content-length": "1000",
  };
  const upload = request(url, { method: "POST", headers });
  upload.write("half of it");
  await once(upload, "socket");
  const failed = once(upload, "error");
  setImmediate(() => upload.destroy(new Error("hung up")));
  await expect(failed).resolves.toMatchObject([{ message: "hung up" }]);
  expect((await client.search({ Condition: [] })).json(resultSchema).Count.Value).toBe(before);
});

test("60 cabinet lists and 60 logons a minute; more are answered 429", async () => {
  const other = new Client(base(OTHER), await logOn(simulator, OTHER));
  for (let call = 0; call < 60; call++) expect((await other.call("/FileCabinets")).status).toBe(200);
  const list = await other.call("/FileCabinets");
  expect([list.status, Number(list.headers.get("retry-after"))]).toEqual([429, 60]);
  const endpoint = await tokenEndpoint(simulator, OTHER);
  const form = (): RequestInit => grantForm({ grant_type: "password", username: "probe", password: "local" });
  for (let call = 1; call < 60; call++) expect((await send(endpoint, form())).status).toBe(200);
  expect((await send(endpoint, form())).status).toBe(429);
  now += 60_000;
  expect((await other.call("/FileCabinets")).status).toBe(200);
  expect((await send(endpoint, form())).status).toBe(200);
});
