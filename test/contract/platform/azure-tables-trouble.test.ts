// What azureTables does when the service or the way to it is in trouble, seen from a server that misbehaves on purpose.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { PermanentFailure, TransientFailure } from "../../../shared/kernel/failures.ts";
import { azureTables } from "../../../shared/platform/tables/azure-tables.ts";
import { listen } from "../../support/listen.ts";

type Behaviour = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function tableAgainst(behave: Behaviour, timeoutMs = 5000) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    request.once("end", () => behave(request, response, requests.length));
  });
  const port = await listen(server);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `TableEndpoint=http://127.0.0.1:${port}/account;`;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=aHVudGVyMg==;${endpoint}`;
  return { table: azureTables({ connectionString, timeoutMs }).table("T"), requests };
}

const key = { partition: "p", row: "r" };

function fail(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json;odata=minimalmetadata", ...headers });
  response.end(JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value: "text of the service" } } }));
}

function entity(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json;odata=minimalmetadata" });
  response.end(
    JSON.stringify({
      "odata.etag": 'W/"1"',
      PartitionKey: "p",
      RowKey: "r",
      n: 1,
      "big@odata.type": "Edm.Int64",
      big: "7",
    }),
  );
}

test("a busy service is asked again, for reads and writes", async () => {
  const { table, requests } = await tableAgainst((request, response, attempt) => {
    if (attempt % 2 === 1) return fail(response, 503, "ServerBusy");
    if (request.method === "GET") return entity(response);
    response.writeHead(204, { etag: 'W/"2"' }).end();
  });
  expect(await table.read(key)).toMatchObject({ cells: { n: 1, big: 7 } });
  expect(await table.insert(key, { n: 1 })).toEqual({ kind: "written", etag: 'W/"2"' });
  expect(requests).toHaveLength(4);
});

test("a service that stays busy is a TransientFailure after four attempts", async () => {
  const { table, requests } = await tableAgainst((_, response) => fail(response, 503, "ServerBusy"));
  await expect(table.insert(key, {})).rejects.toThrow(TransientFailure);
  expect(requests).toHaveLength(4);
});

test("a long Retry-After is left to the caller at once", async () => {
  const { table, requests } = await tableAgainst((_, response) =>
    fail(response, 429, "TooMany", { "retry-after": "30" }),
  );
  await expect(table.read(key)).rejects.toMatchObject({ name: "TransientFailure", retryAfterMs: 30_000 });
  expect(requests).toHaveLength(1);
});

test("a write that may have been carried out is never repeated, because it would look like a lost race", async () => {
  const broken = await tableAgainst((request) => request.socket.destroy());
  await expect(broken.table.insert(key, {})).rejects.toThrow(/whether it was carried out is unknown/);
  expect(broken.requests).toHaveLength(1);
  const unclear = await tableAgainst((_, response) => fail(response, 500, "OperationTimedOut"));
  await expect(unclear.table.replace(key, {}, 'W/"1"')).rejects.toThrow(TransientFailure);
  await expect(unclear.table.transact("p", [{ kind: "insert", row: "r", cells: {} }])).rejects.toThrow(
    TransientFailure,
  );
  expect(unclear.requests).toHaveLength(2);
});

test("a read over a broken connection is repeated", async () => {
  const { table } = await tableAgainst((request, response, attempt) => {
    if (attempt === 1) request.socket.destroy();
    else entity(response);
  });
  expect(await table.read(key)).toMatchObject({ etag: 'W/"1"' });
});

test("a service that never answers ends in a TransientFailure within the time limit", async () => {
  const { table } = await tableAgainst(() => {}, 150);
  const started = performance.now();
  await expect(table.read(key)).rejects.toThrow(TransientFailure);
  await expect(table.transact("p", [{ kind: "insert", row: "r", cells: {} }])).rejects.toThrow(/longer than 150 ms/);
  expect(performance.now() - started).toBeLessThan(2000);
});

test("an answer that cannot be read is a TransientFailure", async () => {
  const { table } = await tableAgainst((_, response) => {
    response.writeHead(200, { "content-type": "application/json;odata=minimalmetadata" });
    response.end('{"PartitionKey": "p", "RowK');
  });
  await expect(table.read(key)).rejects.toThrow(TransientFailure);
});

test("nobody at the address is a TransientFailure", async () => {
  const connectionString =
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=aHVudGVyMg==;TableEndpoint=http://127.0.0.1:1/a;";
  await expect(azureTables({ connectionString }).table("T").read(key)).rejects.toThrow(TransientFailure);
});

test.each([
  [403, "AuthorizationPermissionMismatch", /check the app's role/],
  [400, "InvalidInput", /400 InvalidInput/],
  [404, "TableNotFound", /table does not exist/],
])(
  "a refusal with %d %s is a PermanentFailure that names table and reason, not the key",
  async (status, code, message) => {
    const { table, requests } = await tableAgainst((_, response) => fail(response, status, code));
    const calls = [() => table.read(key), () => table.insert(key, {}), () => table.list({ partition: "p", limit: 1 })];
    for (const call of calls) {
      await expect(call()).rejects.toThrow(PermanentFailure);
      await expect(call()).rejects.toThrow(message);
      await expect(call()).rejects.toThrow(/table T/);
    }
    expect(requests).toHaveLength(9);
  },
);

test("a list goes on over empty pages, and answers with a short page and a cursor", async () => {
  const { table, requests } = await tableAgainst((_, response, attempt) => {
    const rows = attempt === 1 ? [] : [{ "odata.etag": 'W/"1"', PartitionKey: "p", RowKey: `r${attempt}` }];
    const more = { "x-ms-continuation-nextpartitionkey": "p", "x-ms-continuation-nextrowkey": `r${attempt + 1}` };
    response.writeHead(200, { "content-type": "application/json;odata=minimalmetadata", ...(attempt < 3 && more) });
    response.end(JSON.stringify({ value: rows }));
  });
  const first = await table.list({ partition: "p", limit: 10 });
  expect(first.rows.map(({ row }) => row)).toEqual(["r2"]);
  const second = await table.list({ partition: "p", limit: 10, cursor: first.cursor ?? "" });
  expect(second).toMatchObject({ rows: [{ row: "r3" }], cursor: undefined });
  expect(decodeURIComponent(requests[2]?.url ?? "").replaceAll("+", " ")).toContain("RowKey gt 'r2'");
});
