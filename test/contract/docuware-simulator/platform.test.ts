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
  idSchema,
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
const linksSchema = z.object({ Links: z.array(z.object({ rel: z.string(), href: z.string() })) });
const hrefOf = (answer: Answer, rel: string): string | undefined =>
  answer.json(linksSchema).Links.find((link) => link.rel === rel)?.href;
const follow = (href: string): Promise<Answer> => client.call(href.slice(ROOT.length));

test("app registrations log on by client_credentials, in the body or by HTTP Basic", async () => {
  const endpoint = await tokenEndpoint(simulator);
  const { clientId, clientSecret } = PROBE;
  const inBody = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const token = (await send(endpoint, grantForm(inBody))).json(tokenSchema);
  expect(token.refresh_token).toBeUndefined();
  const authorization = `Bearer ${token.access_token}`;
  expect((await send(`${base()}/Organizations`, { headers: { authorization } })).status).toBe(200);
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  const body = new URLSearchParams({ grant_type: "client_credentials", scope: "docuware.platform" });
  const byHeader = await send(endpoint, { method: "POST", body, headers: { authorization: `Basic ${basic}` } });
  expect(byHeader.status).toBe(200);
});

test.each([
  [{ grant_type: "password", username: "probe", password: "wrong" }, "invalid_grant"],
  [{ grant_type: "password", username: "nobody", password: "local" }, "invalid_grant"],
  [{ grant_type: "client_credentials", client_id: "probe-client", client_secret: "x" }, "invalid_client"],
  [{ grant_type: "dwtoken", token: "x" }, "invalid_grant"],
  [{ grant_type: "trusted" }, "unsupported_grant_type"],
  [{ grant_type: "password", username: "probe", password: "local", scope: "openid" }, "invalid_scope"],
])("a refused logon is 400 with the OAuth error: %j", async (fields, error) => {
  const refused = await send(await tokenEndpoint(simulator), grantForm(fields));
  expect(refused.status).toBe(400);
  expect(refused.json(z.object({ error: z.string(), error_description: z.string() })).error).toBe(error);
});

test("a login token logs on, once when it is of single use; refresh tokens rotate and die when used twice", async () => {
  const endpoint = await tokenEndpoint(simulator);
  const made = await client.call("/Organization/LoginToken", json({ Usage: "Single", Lifetime: "0.00:10:00" }));
  const token = made.json(z.string());
  const form = { grant_type: "dwtoken", token, scope: "docuware.platform offline_access" };
  const first = (await send(endpoint, grantForm(form))).json(tokenSchema);
  expect((await send(endpoint, grantForm(form))).status).toBe(400);
  const use = (refresh: string): Promise<Answer> =>
    send(endpoint, grantForm({ grant_type: "refresh_token", refresh_token: refresh }));
  const second = (await use(first.refresh_token ?? "")).json(tokenSchema);
  expect((await use(first.refresh_token ?? "")).status).toBe(400);
  expect((await use(second.refresh_token ?? "")).status).toBe(400);
});

test("a missing, expired or foreign token is 401 with a page that is not JSON", async () => {
  const calls = [
    await send(`${base()}/Organizations`, { headers: { accept: "application/json" } }),
    await send(`${base(OTHER)}/Organizations`, { headers: { authorization: `Bearer ${client.token}` } }),
  ];
  now += 3_600_001;
  calls.push(await client.call("/Organizations"));
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

test("without asking for JSON the answer is XML, errors too", async () => {
  const cabinets = await client.call("/FileCabinets", { headers: { accept: "*/*" } });
  expect(cabinets.headers.get("content-type")).toBe("application/xml; charset=utf-8");
  expect(cabinets.text).toMatch(/<FileCabinets [^>]*xmlns="[^"]+\/platform"[^>]*>.*<FileCabinet [^>]*Id="b_/s);
  const missing = await client.call(`${client.cabinet}/Documents/999`, { headers: { accept: "application/xml" } });
  expect(missing.status).toBe(404);
  expect(missing.text).toMatch(/<s:Error [^>]*StatusCode="404"[^>]*Status="Not Found".*<s:Message>/s);
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
  expect((await client.call("/Organizations", { method: "DELETE" })).headers.get("allow")).toBe("GET");
  expect((await client.search({ Condition: [{ DBName: "SUBJECT" }] })).status).toBe(400);
  expect((await client.call("/Nowhere")).status).toBe(404);
});

test("cabinets, trays and dialogs are found by their links", async () => {
  const cabinets = (await client.call("/FileCabinets")).json(
    z.object({ FileCabinet: z.array(linksSchema.extend({ IsBasket: z.boolean() })) }),
  );
  const rels = cabinets.FileCabinet.map((cabinet) => cabinet.Links.map((link) => link.rel));
  for (const list of rels) expect(list).toEqual(expect.arrayContaining(["self", "documents", "dialogs"]));
  expect(cabinets.FileCabinet.map((cabinet) => cabinet.IsBasket)).toEqual([false, true]);
  const dialogs = (await client.call(`${client.cabinet}/Dialogs?DialogType=search`)).json(
    z.object({ Dialog: z.array(z.object({ $type: z.literal("DialogInfo"), Id: z.string(), IsDefault: z.boolean() })) }),
  );
  expect(dialogs.Dialog).toHaveLength(1);
  for (const id of [dialogs.Dialog[0]?.Id, "00000000-0000-0000-0000-000000000000"]) {
    const dialog = (await client.call(`${client.cabinet}/Dialogs/${id}`)).json(
      z.object({ Fields: z.array(z.object({ DBFieldName: z.string() })), Query: linksSchema }),
    );
    expect(dialog.Fields[0]?.DBFieldName).toBe("SUBJECT");
    expect(dialog.Query.Links[0]).toMatchObject({ rel: "dialogExpression" });
  }
});

test("results come in pages that links lead through, in the order that was asked for", async () => {
  const names = ["page a", "page b", "page c", "page d", "page e"];
  for (const name of names) await client.store({ SUBJECT: name, COMPANY: "Paging; Ltd: 50%" });
  const expression = {
    Condition: [{ DBName: "COMPANY", Value: ['"Paging; Ltd: 50%"'] }],
    SortOrder: [{ Field: "SUBJECT", Direction: "Desc" }],
    Count: 2,
  };
  const seen: string[] = [];
  let page = await client.search(expression);
  for (;;) {
    const { Items, Count } = page.json(resultSchema);
    expect(Count.Value).toBe(5);
    seen.push(...Items.map((item) => item.Title));
    const next = hrefOf(page, "next");
    expect(Count.HasMore).toBe(next !== undefined);
    if (next === undefined) break;
    page = await follow(next);
  }
  expect(seen).toEqual(names.toReversed());
  const path = `${client.cabinet}/Query/DialogExpressionLink?fields=SUBJECT`;
  const address = await client.call(path, json({ ...expression, ForceRefresh: true }));
  expect(address.headers.get("content-type")).toContain("text/plain");
  expect((await follow(address.text)).json(resultSchema).Items).toHaveLength(5);
});

test("limits and refused expressions", async () => {
  const parentheses = await client.search({ Condition: [{ DBName: "SUBJECT", Value: ["a (b)"] }] });
  expect(parentheses.status).toBe(422);
  const many = await client.search({ Condition: [], Count: 10_001 });
  expect([many.status, many.text.includes("10000 per request")]).toEqual([422, true]);
  expect((await client.search({ Condition: [], SortOrder: [{ Field: "NOPE" }] })).status).toBe(500);
  expect((await client.call(`${client.cabinet}/Documents?count=10001`)).status).toBe(422);
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

test("counts, groups and select lists", async () => {
  for (const company of ["Count A", "Count A", "Count B"]) await client.store({ SUBJECT: "counted", COMPANY: company });
  now += 100;
  const body = { DialogExpression: { Condition: [{ DBName: "SUBJECT", Value: ["counted"] }] } };
  const groups = z.object({ Group: z.array(z.object({ Name: z.string().optional(), Count: z.number() })) });
  const count = (more: object): Promise<Answer> =>
    client.call(`${client.cabinet}/Query/CountExpression`, json({ ...body, ...more }));
  expect((await count({})).json(groups).Group).toEqual([{ Count: 3 }]);
  expect((await count({ FieldName: "COMPANY" })).json(groups).Group).toEqual([
    { Name: "Count A", Count: 2 },
    { Name: "Count B", Count: 1 },
  ]);
  const list = await client.call(
    `${client.cabinet}/Query/SelectListExpression?FIELDNAME=COMPANY`,
    json({ ValuePrefix: "count" }),
  );
  expect(list.json(z.unknown())).toEqual({ Value: ["Count A", "Count B"] });
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

test("record first, then a raw file: the bytes come back whole, in ranges, and as an archive with a second file", async () => {
  const record = await client.call(
    `${client.cabinet}/Documents`,
    json({ Fields: [{ FieldName: "SUBJECT", Item: "r" }] }),
  );
  const { Id } = record.json(idSchema);
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
  const headers = {
    "content-type": "image/png",
    "content-disposition": "file; filename=\"ä b.png\"; filename*=utf-8''%C3%A4%20b.png",
  };
  const added = await client.call(`${client.cabinet}/Sections?DocId=${Id}`, {
    method: "POST",
    body: new Uint8Array(bytes),
    headers,
  });
  const section = added.json(z.object({ Id: z.string(), ContentType: z.string(), OriginalFileName: z.string() }));
  expect(section).toMatchObject({ ContentType: "image/png", OriginalFileName: "ä b.png" });
  const data = `${client.cabinet}/Sections/${section.Id}/Data`;
  expect((await client.call(data)).bytes.equals(bytes)).toBe(true);
  const range = await client.call(data, { headers: { range: "bytes=10-19" } });
  expect([range.status, range.headers.get("content-range")]).toEqual([206, "bytes 10-19/1000"]);
  expect(range.bytes.equals(bytes.subarray(10, 20))).toBe(true);
  const outside = await client.call(data, { headers: { range: "bytes=1000-" } });
  expect([outside.status, outside.headers.get("content-range")]).toEqual([416, "bytes */1000"]);

  const download = `${client.cabinet}/Documents/${Id}/FileDownload?targetFileType=Auto&keepAnnotations=false`;
  const single = await client.call(download);
  expect(single.bytes.equals(bytes)).toBe(true);
  expect(single.headers.get("content-disposition")).toContain("filename*=utf-8''%C3%A4%20b.png");
  const form = new FormData();
  form.append("File[]", new Blob(["second"], { type: "text/plain" }), "second.txt");
  expect((await client.call(`${client.cabinet}/Documents/${Id}`, { method: "POST", body: form })).status).toBe(200);
  const archive = await client.call(download);
  expect(archive.headers.get("content-type")).toBe("application/zip");
  expect(archive.bytes.subarray(0, 4).toString("latin1")).toBe("PK\u0003\u0004");
  expect(archive.bytes.includes(bytes) && archive.bytes.includes("2-second.txt")).toBe(true);
});

test("multipart with XML index data, and multipart without index data", async () => {
  const xml =
    '<Document xmlns="x"><Fields><Field FieldName="SUBJECT"><String>from xml</String></Field></Fields></Document>';
  const form = new FormData();
  form.append("Document", new Blob([xml], { type: "application/xml" }), "index.xml");
  form.append("File[]", new Blob(["%PDF"], { type: "application/pdf" }), "a.pdf");
  const stored = await client.call(`${client.cabinet}/Documents`, { method: "POST", body: form });
  expect(stored.json(z.object({ Title: z.string(), SectionCount: z.number() }))).toEqual({
    Title: "from xml",
    SectionCount: 1,
  });
  const plain = new FormData();
  for (const name of ["1.pdf", "2.pdf"]) plain.append("f", new Blob([name], { type: "application/pdf" }), name);
  const two = await client.call(`${client.cabinet}/Documents`, { method: "POST", body: plain });
  const sections = two.json(z.object({ Sections: z.array(z.object({ OriginalFileName: z.string() })) })).Sections;
  expect(sections.map((section) => section.OriginalFileName)).toEqual(["1.pdf", "2.pdf"]);
});

test("uploads that cannot be are refused and store nothing", async () => {
  const count = async (): Promise<number> => (await client.search({ Condition: [] })).json(resultSchema).Count.Value;
  const before = await count();
  const post = (body: string | Uint8Array<ArrayBuffer>, type: string): Promise<Answer> =>
    client.call(`${client.cabinet}/Documents`, { method: "POST", body, headers: { "content-type": type } });
  expect((await post("x", "multipart/form-data; boundary=b")).status).toBe(400);
  expect((await post("--b\r\n", "multipart/form-data; boundary=b")).status).toBe(400);
  expect((await post("{", "application/json")).status).toBe(400);
  expect((await post('{"Fields":[{"FieldName":"NOPE","Item":1}]}', "application/json")).status).toBe(422);
  expect((await post(new Uint8Array(65 * 1024 * 1024), "application/pdf")).status).toBe(413);
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
