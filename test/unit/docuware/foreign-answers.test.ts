// DocuWare's answers with members left out, null, empty, of another type, or unheard of: the suite passes on all of them as
// long as what it cannot do without is there.
import { describe, expect, test } from "vitest";
import type { Ids } from "../../../shared/platform/ids.ts";
import { runFunctionalSuite } from "../../../shared/docuware/functional-suite/functional-suite.ts";
import { answer, CABINET, FakeDocuware, PASSWORD_TARGET, type Operation } from "./fake-docuware.ts";
import type { HttpResponse } from "../../../shared/platform/http-client/http-client.ts";

const ids: Ids = { next: () => "00000000-0000-4000-8000-00000000abcd" };
const run = (docuware: FakeDocuware) =>
  runFunctionalSuite(PASSWORD_TARGET, { http: docuware, clock: docuware.clock, ids, wait: docuware.wait });

/** Changes what the operation answers, which happens all the same. */
function changing(operation: Operation, change: (body: Record<string, unknown>) => unknown): FakeDocuware {
  const docuware = new FakeDocuware();
  const { send } = docuware;
  docuware.send = async (request) => {
    const response = await send(request);
    const isIt = docuware.calls.at(-1)?.operation === operation;
    return isIt ? changed(response, change) : response;
  };
  return docuware;
}
function changed(response: HttpResponse, change: (body: Record<string, unknown>) => unknown): HttpResponse {
  const body: unknown = JSON.parse(Buffer.from(response.body).toString());
  return answer(response.status, change(Object.fromEntries(Object.entries(body ?? {}))));
}

const BAD_ITEMS = [null, "text", 5, {}, { Id: null, DBFieldName: null, FieldName: null }];
/** The list in the answer, with items around it that cannot be read. */
const spoilt = (name: string) => (body: Record<string, unknown>) => ({
  ...body,
  [name]: [...BAD_ITEMS, body[name] ?? [], ...BAD_ITEMS].flat(),
});
/** Every item of the list with these members. */
const each = (name: string, members: object) => (body: Record<string, unknown>) => ({
  ...body,
  [name]: [body[name] ?? []].flat().map((item: unknown) => ({ ...Object(item), ...members })),
});

const EMPTY_FIELDS = [
  { FieldName: "COMMENT", ItemElementName: "String" },
  { FieldName: "NULL", Item: null, IsNull: true },
  { FieldName: "NUMBER", IsNull: true, ItemElementName: "Int" },
  { FieldName: "KEYWORD", IsNull: false, Item: { $type: "DocumentIndexFieldKeywords", Keyword: [] } },
  { FieldName: "TABLE", Item: { $type: "DocumentIndexFieldTable", Row: [] }, ItemElementName: "Table" },
  { FieldName: "FUTURE", Item: [1], ItemElementName: "Vector" },
  { ItemElementName: "String" },
];
const withEmptyFields = (body: Record<string, unknown>) => ({
  ...body,
  Fields: [...EMPTY_FIELDS, body["Fields"] ?? []].flat(),
});

describe("the functional suite passes when", () => {
  test.each<[string, Operation, (body: Record<string, unknown>) => unknown]>([
    ["a stored document has empty fields", "store", withEmptyFields],
    ["a fetched document has empty fields", "fetch", withEmptyFields],
    ["the stored document has no fields", "store", ({ Id }) => ({ Id })],
    ["the stored document has null everywhere", "store", ({ Id }) => ({ Id, Fields: null, CreatedAt: null })],
    ["ids are text", "store", (body) => ({ ...body, Id: String(body["Id"]) })],
    ["a found document cannot be read", "search", spoilt("Items")],
    ["a cabinet cannot be read", "cabinets", spoilt("FileCabinet")],
    ["cabinets have no names and nulls", "cabinets", each("FileCabinet", { Name: null, Default: null })],
    ["cabinets have new members", "cabinets", each("FileCabinet", { Region: { of: 1 }, Color: "Ultraviolet" })],
    ["a dialog cannot be read", "dialogs", spoilt("Dialog")],
    ["dialogs have nulls and no flags", "dialogs", each("Dialog", { IsForMobile: null, $type: null })],
    [
      "dialog fields have nulls",
      "dialog",
      each("Fields", { Locked: null, ReadOnly: null, Length: null, Visible: null }),
    ],
    ["a dialog field is of an unknown type", "dialog", (body) => spoilt("Fields")(body)],
    ["a section cannot be read", "sections", spoilt("Section")],
    ["the trash bin says no count", "trashQuery", (body) => ({ ...body, Count: null })],
    ["the trash bin has an unreadable row", "trashQuery", spoilt("Rows")],
    ["purging says nothing of failed items", "trashDelete", () => ({ SuccessCount: 1, FailedItems: null })],
    ["purging says no count", "trashDelete", () => ({ FailedItems: [] })],
    ["purging counts in text", "trashDelete", () => ({ SuccessCount: "1" })],
    ["updating answers nothing", "update", () => null],
    ["a token has no life time", "token", ({ access_token }) => ({ access_token, expires_in: null })],
    ["a token lives for ever", "token", ({ access_token }) => ({ access_token, expires_in: 10_000_000 })],
    ["a token's life time is empty", "token", ({ access_token }) => ({ access_token, expires_in: "" })],
    ["the version has blanks around it", "version", () => ({ Version: " 7.12.1.100 ", Links: null })],
  ])("%s", async (_, operation, change) => {
    const result = await run(changing(operation, change));
    expect(result).toMatchObject({ outcome: "passed", cleanedUp: true, version: "7.12.1.100" });
  });
});

describe("what is missed is named", () => {
  test.each<[Operation, (body: Record<string, unknown>) => unknown, string, RegExp]>([
    ["cabinets", () => ({ FileCabinet: null }), "listCabinets", /sees no file cabinet/],
    ["cabinets", () => null, "listCabinets", /sees no file cabinet/],
    ["store", () => ({ Fields: [] }), "store", /Id \(invalid_type\)/],
    [
      "dialog",
      () => ({ Fields: "" }),
      "readDialogs",
      new RegExp(`Cabinet ${CABINET}: .* share no writable text field`),
    ],
    ["info", () => ({ IdentityServiceUrl: "" }), "logIn", /IdentityServiceUrl \(invalid_type\)/],
    ["sections", () => ({}), "download", /has no file/],
  ])("%s", async (operation, change, failedStep, message) => {
    const result = await run(changing(operation, change));
    expect(result).toMatchObject({ outcome: "failed", failedStep });
    expect(result.steps.find((step) => step.name === failedStep)?.failure?.message).toMatch(message);
  });
});

test("an error object without a message is still the error that it is", async () => {
  const docuware = new FakeDocuware();
  docuware.hook = (operation) =>
    operation === "version" ? answer(403, { Message: null, StatusCode: 403 }) : undefined;
  const result = await run(docuware);
  expect(result.steps.find((step) => step.name === "readVersion")?.failure?.message).toMatch(/was answered 403\.$/);
});
