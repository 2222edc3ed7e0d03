// Tables on Azure Table storage with the SDK, loaded by azure-tables.ts at the first call. Retries are bounded
// (azure-retry.ts), each call ends within its deadline.
import { defined } from "../../kernel/defined.ts";
import type { TokenCredential } from "@azure/identity";
import { randomUUID } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createHttpHeaders, createPipelineRequest, createDefaultHttpClient } from "@azure/core-rest-pipeline";
import { odata, RestError, TableClient } from "@azure/data-tables";
import { PermanentFailure } from "../../kernel/failures.ts";
import { retryPolicy } from "../azure-retry.ts";
import { batchRequest, readBatchResponse } from "./azure-table-batch.ts";
import { fromEntity, toEntityProperties } from "./azure-table-entities.ts";
import type { ClockWatch } from "../clock/clock-watch.ts";
import { refusalOfError, translateTableError } from "./azure-table-errors.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { withDeadline } from "../deadline.ts";
import { checkCells, checkListLimit, checkTransaction } from "./table-requests.ts";
import { escapeKey, unescapeKey, upperBound } from "./table-keys.ts";
import type { Cells, ListQuery, Page, RowKey, StoredRow, Table, Tables, Transacted, Write, Written } from "./tables.ts";

export type AzureTablesOptions = (
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential }
) & {
  /** Milliseconds a call may take with all its retries; 15,000 when absent. */
  readonly timeoutMs?: number;
  /** Gets the time that each answer carries, for the watch on this instance's clock. */
  readonly answerTimes?: Pick<ClockWatch, "heard" | "monotonic">;
};

const TIMEOUT_MS = 15_000;
/** Ends idle connections before the service does, so that a write never meets a connection that is just closing. */
const IDLE_CONNECTION_MS = 30_000;
const MAX_CONNECTIONS = 128;
/** What the service calls an etag. Any other text, `*` above all, can only be a lost race. */
const ETAG = /^W\/"[^"\r\n]{1,200}"$/;

class AzureTable implements Table {
  readonly #name: string;
  readonly #client: TableClient;
  readonly #httpClient: ReturnType<typeof createDefaultHttpClient>;
  readonly #timeoutMs: number;

  constructor(client: TableClient, httpClient: ReturnType<typeof createDefaultHttpClient>, timeoutMs: number) {
    this.#name = client.tableName;
    this.#client = client;
    this.#httpClient = httpClient;
    this.#timeoutMs = timeoutMs;
  }

  async read(key: RowKey): Promise<StoredRow | undefined> {
    const [partition, row] = [escapeKey(key.partition), escapeKey(key.row)];
    const entity = await this.#call("Read of", (abortSignal) =>
      this.#client.getEntity(partition, row, { abortSignal }).catch((error: unknown) => {
        if (refusalOfError(error) === "absent") return undefined;
        throw error;
      }),
    );
    if (entity === undefined) return undefined;
    return { partition: key.partition, row: key.row, etag: entity.etag, cells: fromEntity(this.#name, entity) };
  }

  async insert(key: RowKey, cells: Cells): Promise<Written> {
    checkCells(this.#name, key.row, cells);
    const entity = { ...toEntityProperties(cells), partitionKey: escapeKey(key.partition), rowKey: escapeKey(key.row) };
    return this.#write("Insert into", "exists", (abortSignal) => this.#client.createEntity(entity, { abortSignal }));
  }

  async replace(key: RowKey, cells: Cells, etag: string): Promise<Written> {
    checkCells(this.#name, key.row, cells);
    const entity = { ...toEntityProperties(cells), partitionKey: escapeKey(key.partition), rowKey: escapeKey(key.row) };
    if (!ETAG.test(etag)) return { kind: "conflict" };
    return this.#write("Replace in", "gone", (abortSignal) =>
      this.#client.updateEntity(entity, "Replace", { abortSignal, etag }),
    );
  }

  async remove(key: RowKey, etag: string): Promise<"removed" | "conflict"> {
    const [partition, row] = [escapeKey(key.partition), escapeKey(key.row)];
    if (!ETAG.test(etag)) return "conflict";
    const outcome = await this.#write("Removal from", "gone", async (abortSignal) => {
      await this.#client.deleteEntity(partition, row, { abortSignal, etag });
      return { etag: "removed" };
    });
    return outcome.kind === "written" ? "removed" : "conflict";
  }

  async transact(partition: string, writes: readonly Write[]): Promise<Transacted> {
    checkTransaction(this.#name, writes);
    for (const write of writes) if (write.kind !== "remove") checkCells(this.#name, write.row, write.cells);
    const base = this.#client.url.replace(/\/$/, "");
    const { body, contentType } = batchRequest(`${base}/${this.#name}`, partition, writes, randomUUID());
    const stale = writes.findIndex((write) => write.kind !== "insert" && !ETAG.test(write.etag));
    if (stale >= 0) return { kind: "conflict", index: stale };
    return this.#call("Transaction on", async (abortSignal) => {
      const request = createPipelineRequest({
        url: `${base}/$batch`,
        method: "POST",
        body,
        headers: createHttpHeaders({
          Accept: "application/json",
          "Content-Type": contentType,
          "x-ms-version": "2019-02-02",
          DataServiceVersion: "3.0",
          MaxDataServiceVersion: "3.0;NetFx",
        }),
        allowInsecureConnection: base.startsWith("http:"),
        abortSignal,
      });
      const response = await this.#client.pipeline.sendRequest(this.#httpClient, request);
      if (response.status !== 202) {
        const code = /"code"\s*:\s*"([^"]+)"|<code>([^<]+)</.exec(response.bodyAsText ?? "");
        const reason = code?.[1] ?? code?.[2];
        throw new RestError("The batch was refused.", {
          statusCode: response.status,
          request,
          response,
          ...defined({ code: reason }),
        });
      }
      return readBatchResponse(`Transaction on table ${this.#name}`, response.bodyAsText ?? "", writes);
    });
  }

  async list(query: ListQuery): Promise<Page> {
    checkListLimit(this.#name, query.limit);
    const partition = escapeKey(query.partition);
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const prefix = escapeKey(query.rowPrefix ?? "");
    const from = escapeKey(query.rowFrom ?? "");
    return this.#call("List of", async (abortSignal) => {
      const filter = listFilter(partition, prefix, from, after);
      const pages = this.#client.listEntities({ queryOptions: { filter }, abortSignal });
      // The service may answer with an empty page and go on: only a page with rows has a position to resume from.
      for await (const page of pages.byPage({ maxPageSize: query.limit })) {
        const last = page.at(-1)?.rowKey;
        if (last === undefined) continue;
        return {
          rows: page.map((entity) => ({
            partition: query.partition,
            row: unescapeKey(entity.rowKey ?? ""),
            etag: entity.etag,
            cells: fromEntity(this.#name, entity),
          })),
          cursor: page.continuationToken === undefined ? undefined : encodeCursor(last),
        };
      }
      return { rows: [], cursor: undefined };
    });
  }

  async create(): Promise<void> {
    await this.#call("Creation of", (abortSignal) => this.#client.createTable({ abortSignal }));
  }

  async #write(
    what: string,
    lostBy: "exists" | "gone",
    act: (signal: AbortSignal) => Promise<{ readonly etag?: string }>,
  ): Promise<Written> {
    return this.#call(what, async (signal) => {
      try {
        const { etag } = await act(signal);
        if (etag === undefined) throw new PermanentFailure(`${what} table ${this.#name} was answered without an etag.`);
        return { kind: "written", etag };
      } catch (error) {
        const refusal = refusalOfError(error);
        const isLost = lostBy === "exists" ? refusal === "exists" : refusal === "changed" || refusal === "absent";
        if (isLost) return { kind: "conflict" };
        throw error;
      }
    });
  }

  async #call<T>(what: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const name = `${what} table ${this.#name}`;
    try {
      return await withDeadline(name, this.#timeoutMs, act);
    } catch (error) {
      throw translateTableError(name, error);
    }
  }
}

function listFilter(partition: string, prefix: string, from: string, after: string | undefined): string {
  const parts = [odata`PartitionKey eq ${partition}`];
  const first = from > prefix ? from : prefix;
  if (first !== "") parts.push(odata`RowKey ge ${first}`);
  const below = upperBound(prefix);
  if (below !== undefined) parts.push(odata`RowKey lt ${below}`);
  if (after !== undefined) parts.push(odata`RowKey gt ${after}`);
  return parts.join(" and ");
}

/**
 * Tables of one storage account, reached by its connection string (emulator) or by managed identity. Connections are
 * kept alive and shared by all tables.
 */
export function openAzureTables(options: AzureTablesOptions): Tables {
  const httpClient = createDefaultHttpClient();
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const agentOptions = { keepAlive: true, timeout: IDLE_CONNECTION_MS, maxSockets: MAX_CONNECTIONS };
  const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };
  const tables = new Map<string, AzureTable>();
  const open = (name: string): AzureTable => {
    const known = tables.get(name);
    if (known !== undefined) return known;
    const client = tableClient(options, name, httpClient);
    const { pipeline } = client;
    pipeline.removePolicy({ name: "defaultRetryPolicy" });
    pipeline.addPolicy(retryPolicy, { phase: "Retry" });
    const agent = client.url.startsWith("http:") ? agents.http : agents.https;
    pipeline.addPolicy({
      name: "sharedAgent",
      sendRequest: (request, next) => {
        request.agent = agent;
        return next(request);
      },
    });
    if (options.answerTimes !== undefined) addAnswerTimes(pipeline, options.answerTimes);
    const table = new AzureTable(client, httpClient, timeoutMs);
    tables.set(name, table);
    return table;
  };
  return {
    table: open,
    ensure: async (names) => {
      for (const name of names) await open(name).create();
    },
  };
}

/** Each attempt, refusals too: every answer says when it was written. */
function addAnswerTimes(
  pipeline: TableClient["pipeline"],
  times: NonNullable<AzureTablesOptions["answerTimes"]>,
): void {
  pipeline.addPolicy(
    {
      name: "answerTimes",
      async sendRequest(request, next) {
        const sentAt = times.monotonic();
        const response = await next(request);
        times.heard(Date.parse(response.headers.get("date") ?? ""), sentAt);
        return response;
      },
    },
    { afterPhase: "Retry" },
  );
}

function tableClient(
  options: AzureTablesOptions,
  name: string,
  httpClient: ReturnType<typeof createDefaultHttpClient>,
): TableClient {
  if ("connectionString" in options) {
    const allowInsecureConnection = /http:\/\/|UseDevelopmentStorage=true/i.test(options.connectionString);
    return TableClient.fromConnectionString(options.connectionString, name, { httpClient, allowInsecureConnection });
  }
  return new TableClient(options.endpoint, name, options.credential, { httpClient });
}
