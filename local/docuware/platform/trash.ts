// The trash bin. Users see only what they deleted themselves.
import { z } from "zod";
import type { Reply } from "../http/reply.ts";
import type { TrashRecord } from "../state/model.ts";
import type { Call } from "./call.ts";
import { answer, now, readBody } from "./call.ts";
import { USER_FIELDS } from "./catalog.ts";
import { dateText, renderItem, valueOf } from "./field-values.ts";
import { pageSchema } from "./search.ts";

const own = (call: Call): TrashRecord[] =>
  [...call.organisation.state.trash.values()].filter((record) => record.deletedBy === call.identity.username);

/** `POST TrashBin/Query`: a table whose first column is the id that BatchDelete takes. */
export async function queryTrash(call: Call): Promise<Reply> {
  const { Start, Count } = await readBody(call, pageSchema.extend({ Condition: z.array(z.never()) }));
  const records = own(call);
  const page = records.slice(Start, Start + Count);
  return answer(call.exchange, {
    Count: { HasMore: Start + page.length < records.length, ExceedLimit: false, Value: records.length },
    Headers: [
      { FieldName: "DocumentId", Type: "String", Label: "Id" },
      ...USER_FIELDS.map((field) => ({ FieldName: field.name, Type: field.type, Label: field.label })),
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
  return answer(call.exchange, { FailedItems, SuccessCount: ids.length });
}
