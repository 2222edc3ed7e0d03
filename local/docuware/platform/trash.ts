// The trash bin. Users see only what they deleted themselves.
import { z } from "zod";
import type { Reply } from "../http/reply.ts";
import type { TrashRecord } from "../state/model.ts";
import type { Call } from "./call.ts";
import { answer, now, readBody } from "./call.ts";
import { USER_FIELDS } from "./catalog.ts";
import { expressionSchema } from "./expression.ts";
import { dateText, renderItem, valueOf } from "./field-values.ts";
import { searched, tableHeaders } from "./queries.ts";

const own = (call: Call): TrashRecord[] =>
  [...call.organisation.state.trash.values()].filter((record) => record.deletedBy === call.identity.username);

/** `POST TrashBin/Query`: a table whose first column is the id that BatchDelete takes. */
export async function queryTrash(call: Call): Promise<Reply> {
  const body = await readBody(call, expressionSchema);
  const records = new Map(own(call).map((record) => [record.document.id, record]));
  const matching = searched(
    [...records.values()].map((record) => record.document),
    {
      conditions: body.Condition.map(({ DBName, Value }) => ({ field: DBName, values: Value })),
      operation: body.Operation,
      sort: body.SortOrder.map(({ Field, Direction }) => ({ field: Field, descending: Direction === "Desc" })),
    },
  ).flatMap((document) => records.get(document.id) ?? []);
  const start = body.Start ?? 0;
  const page = matching.slice(start, start + (body.Count ?? 1000));
  const hasMore = start + page.length < matching.length;
  return answer(call.exchange, "TrashBinQueryResult", {
    Count: { HasMore: hasMore, ExceedLimit: false, Value: matching.length },
    Headers: [
      { FieldName: "DocumentId", Type: "String", Label: "Id" },
      ...tableHeaders(USER_FIELDS),
      { FieldName: "DeletedAt", Type: "DateTime", Label: "Deleted at" },
    ],
    Rows: page.map(trashRow),
  });
}

function trashRow(record: TrashRecord): readonly unknown[] {
  const values = USER_FIELDS.map((field) => renderItem(field, valueOf(record.document, field)));
  return [record.id, ...values, dateText(record.deletedAt)];
}

const batchSchema = z.object({ Id: z.array(z.string()).max(10_000) });

/** `POST TrashBin/BatchDelete`: purges for good. */
export async function deleteFromTrash(call: Call): Promise<Reply> {
  const { Id } = await readBody(call, batchSchema);
  const mine = new Set(own(call).map((record) => record.id));
  const ids = [...new Set(Id)].filter((id) => mine.has(id));
  const FailedItems = Id.filter((id) => !mine.has(id)).map((id) => ({
    Id: id,
    ErrorMessage: "The trash bin has no such document.",
  }));
  if (ids.length > 0) await call.organisation.change({ type: "trashPurged", ids }, now(call));
  return answer(call.exchange, "BatchDeleteResult", { FailedItems, SuccessCount: ids.length });
}
