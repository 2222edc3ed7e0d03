// The least code that speaks to Table storage: undici and SharedKeyLite. The floor below the official SDK.
import { createHmac, randomUUID } from "node:crypto";
import { Pool } from "undici";

export type RawWrite =
  | { readonly kind: "insert"; readonly row: string; readonly cells: object }
  | { readonly kind: "replace"; readonly row: string; readonly cells: object; readonly etag: string };

export interface RawTable {
  replace(partition: string, row: string, cells: object, etag: string): Promise<string>;
  /** One entity group transaction; the etags of its writes. */
  transact(partition: string, writes: readonly RawWrite[]): Promise<readonly string[]>;
}

const JSON_HEADERS = { "content-type": "application/json", prefer: "return-no-content" } as const;

/** Keys must need no escaping. Every refusal throws. */
export function rawTable(connectionString: string, table: string): RawTable {
  const setting = (name: string): string => new RegExp(`${name}=([^;]+)`).exec(connectionString)?.[1] ?? "";
  const account = setting("AccountName");
  const key = Buffer.from(setting("AccountKey"), "base64");
  const endpoint = new URL(setting("TableEndpoint"));
  const pool = new Pool(endpoint.origin, { connections: 64, pipelining: 1 });
  const base = endpoint.pathname;
  const entity = (partition: string, row: string): string =>
    `${base}/${table}(PartitionKey='${partition}',RowKey='${encodeURIComponent(row)}')`;

  async function send(method: "POST" | "PUT", path: string, body: string, extra: Record<string, string>) {
    const date = new Date().toUTCString();
    const signature = createHmac("sha256", key).update(`${date}\n/${account}${path}`).digest("base64");
    const answer = await pool.request({
      method,
      path,
      body,
      headers: {
        "x-ms-date": date,
        "x-ms-version": "2019-02-02",
        authorization: `SharedKeyLite ${account}:${signature}`,
        accept: "application/json;odata=nometadata",
        dataserviceversion: "3.0",
        ...extra,
      },
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
    return { etag: String(answer.headers["etag"]), text };
  }

  function part(partition: string, write: RawWrite, changeset: string): string {
    const isInsert = write.kind === "insert";
    const url = `${endpoint.origin}${isInsert ? `${base}/${table}` : entity(partition, write.row)}`;
    const head = `--${changeset}\r\ncontent-type: application/http\r\ncontent-transfer-encoding: binary\r\n\r\n`;
    const headers =
      "accept: application/json;odata=nometadata\r\ndataserviceversion: 3.0\r\nprefer: return-no-content\r\n" +
      `content-type: application/json\r\n${isInsert ? "" : `if-match: ${write.etag}\r\n`}`;
    const body = JSON.stringify({ PartitionKey: partition, RowKey: write.row, ...write.cells });
    return `${head}${isInsert ? "POST" : "PUT"} ${url} HTTP/1.1\r\n${headers}\r\n${body}\r\n`;
  }

  return {
    async replace(partition, row, cells, etag) {
      const body = JSON.stringify({ PartitionKey: partition, RowKey: row, ...cells });
      return (await send("PUT", entity(partition, row), body, { ...JSON_HEADERS, "if-match": etag })).etag;
    },
    async transact(partition, writes) {
      const [batch, changeset] = [`batch_${randomUUID()}`, `changeset_${randomUUID()}`];
      const parts = writes.map((write) => part(partition, write, changeset)).join("");
      const open = `--${batch}\r\ncontent-type: multipart/mixed; boundary=${changeset}\r\n\r\n`;
      const { text } = await send("POST", `${base}/$batch`, `${open}${parts}--${changeset}--\r\n--${batch}--\r\n`, {
        "content-type": `multipart/mixed; boundary=${batch}`,
      });
      const etags = [...text.matchAll(/^etag: (.+?)\r?$/gim)].map((match) => match[1] ?? "");
      if (/HTTP\/1\.1 [45]\d\d/.test(text) || etags.length !== writes.length) {
        throw new Error(`A transaction was refused: ${text.slice(0, 500)}`);
      }
      return etags;
    },
  };
}
