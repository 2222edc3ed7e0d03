// Entity group transactions on the wire. The SDK's submitTransaction cannot remove a row conditionally (it sends
// If-Match: *, a blind removal), so the request is written here and travels through the SDK's pipeline (signing, retry).
import { PermanentFailure } from "../../kernel/failures.ts";
import { refusalOf, tableFailure } from "./azure-table-errors.ts";
import { toEntityProperties } from "./azure-table-entities.ts";
import { escapeKey } from "./table-keys.ts";
import type { Transacted, Write } from "./tables.ts";

const LINE = "\r\n";
/** Table storage refuses larger transactions. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface BatchRequest {
  readonly contentType: string;
  readonly body: string;
}

/** `tableUrl` is the account's URL and the table name, `id` any text that occurs in no row. */
export function batchRequest(tableUrl: string, partition: string, writes: readonly Write[], id: string): BatchRequest {
  const key = escapeKey(partition);
  const parts = writes.map((write) => `--changeset_${id}${LINE}${change(tableUrl, key, write)}${LINE}`);
  const open = `--batch_${id}${LINE}Content-Type: multipart/mixed; boundary=changeset_${id}${LINE}${LINE}`;
  const body = `${open}${parts.join("")}--changeset_${id}--${LINE}--batch_${id}--${LINE}`;
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BYTES) {
    throw new PermanentFailure(
      `A transaction of ${writes.length} rows takes ${bytes} bytes, at most ${MAX_BYTES} fit.`,
    );
  }
  return { contentType: `multipart/mixed; boundary=batch_${id}`, body };
}

function change(tableUrl: string, partition: string, write: Write): string {
  const row = escapeKey(write.row);
  const lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary", ""];
  const address = `${tableUrl}(PartitionKey='${literal(partition)}',RowKey='${literal(row)}')`;
  switch (write.kind) {
    case "insert":
      lines.push(`POST ${tableUrl} HTTP/1.1`, "Prefer: return-no-content");
      break;
    case "replace":
      lines.push(`PUT ${address} HTTP/1.1`, `If-Match: ${write.etag}`);
      break;
    case "remove":
      lines.push(`DELETE ${address} HTTP/1.1`, `If-Match: ${write.etag}`);
      break;
  }
  lines.push("Accept: application/json;odata=minimalmetadata", "DataServiceVersion: 3.0");
  if (write.kind === "remove") return lines.join(LINE) + LINE + LINE;
  lines.push("Content-Type: application/json", "", entityJson(partition, row, write.cells));
  return lines.join(LINE);
}

/** A key inside a URL: quotes doubled (OData), then percent-encoded; encodeURIComponent leaves the quotes. */
function literal(escapedKey: string): string {
  return encodeURIComponent(escapedKey.replaceAll("'", "''"));
}

function entityJson(partition: string, row: string, cells: Parameters<typeof toEntityProperties>[0]): string {
  const json: Record<string, unknown> = { PartitionKey: partition, RowKey: row };
  for (const [name, value] of Object.entries(toEntityProperties(cells))) {
    if (typeof value === "object") {
      json[name] = value.value;
      json[`${name}@odata.type`] = `Edm.${value.type}`;
    } else {
      json[name] = value;
    }
  }
  // One line for readers of the multipart body that take these two for line ends.
  return JSON.stringify(json).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The outcome of the answer (status 202) to a batch. Throws a failure when it is no outcome. */
export function readBatchResponse(what: string, answer: string, writes: readonly Write[]): Transacted {
  const parts = answer.split("--changesetresponse_").slice(1, -1);
  const etags: string[] = [];
  for (const part of parts) {
    const status = Number(/HTTP\/1\.1 (\d{3})/.exec(part)?.[1] ?? 0);
    if (status < 200 || status >= 300) return refused(what, status, part, writes);
    etags.push(/^ETag: (.+?)\r?$/im.exec(part)?.[1] ?? "");
  }
  const isComplete =
    etags.length === writes.length && writes.every((write, index) => write.kind === "remove" || etags[index] !== "");
  if (!isComplete) throw tableFailure(`${what} (unreadable answer)`, 502, undefined, {});
  return { kind: "written", etags: etags.map((etag, index) => (writes[index]?.kind === "remove" ? "" : etag)) };
}

/** The error body reads `{"odata.error": {"code": "...", "message": {"value": "<index>:<text>"}}}`. */
function refused(what: string, status: number, part: string, writes: readonly Write[]): Transacted {
  const code = /"code"\s*:\s*"([^"]+)"/.exec(part)?.[1];
  const index = Number(/"value"\s*:\s*"(\d{1,2}):/.exec(part)?.[1] ?? (writes.length === 1 ? 0 : Number.NaN));
  const write = writes[index];
  const refusal = refusalOf(status, code);
  // An insert cannot find its row absent: that answer means something else.
  if (refusal === undefined || write === undefined || (write.kind === "insert" && refusal === "absent")) {
    throw tableFailure(`${what}${write === undefined ? "" : `, write ${index}`}`, status || 502, code, {});
  }
  return { kind: "conflict", index };
}
