// Searches and what is derived from them: result pages, tables, counts, select lists.
import { z } from "zod";
import type { Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";
import type { DocumentRecord } from "../state/model.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf, link, now, readBody, ROOT } from "./call.ts";
import type { Cabinet, Field } from "./catalog.ts";
import { fieldByName, USER_FIELDS } from "./catalog.ts";
import type { SearchRequest } from "./expression.ts";
import { addressedRequest, expressionSchema, searchRequest } from "./expression.ts";
import { dateText, renderItem, valueOf } from "./field-values.ts";
import { PlatformError, unprocessable } from "./platform-error.ts";
import { formatQuery } from "./query-text.ts";
import type { Json } from "./render.ts";
import { renderDocument } from "./render.ts";
import type { Expression } from "./search.ts";
import { search } from "./search.ts";

/** A stored document appears in results this much later, unless the search says ForceRefresh. */
const RESULT_LAG_MS = 20;

/** The matching documents of the cabinet in order; throws 422, or 500 for a field that cannot be sorted by. */
function found(call: Call, cabinet: Cabinet, expression: Expression, forceRefresh: boolean): DocumentRecord[] {
  const visibleUntil = forceRefresh ? Infinity : now(call) - RESULT_LAG_MS;
  const candidates = [...call.organisation.state.documents.values()].filter(
    (document) => document.cabinetId === cabinet.id && document.createdAt <= visibleUntil,
  );
  return searched(candidates, expression);
}

export function searched(candidates: Iterable<DocumentRecord>, expression: Expression): DocumentRecord[] {
  const result = search(candidates, expression);
  if (result.ok) return result.value;
  if (result.error.kind === "unsortable") throw new PlatformError(500, "SortException", result.error.message);
  throw unprocessable(result.error.message);
}

/** `POST|GET Query/DialogExpression`. */
export async function dialogExpression(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  return resultReply(call, cabinet, searchRequest(call, cabinet, await readBody(call, expressionSchema)));
}

/** `GET Documents`, with or without `q`. */
export async function listDocuments(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  return resultReply(call, cabinet, addressedRequest(call, cabinet));
}

/** `POST Query/DialogExpressionLink`: the address of the result, as plain text. */
export async function dialogExpressionLink(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  const request = searchRequest(call, cabinet, await readBody(call, expressionSchema));
  searched([], request);
  return reply(200, "text/plain; charset=utf-8", `${ROOT}${resultPath(cabinet, request)}`);
}

function resultPath(cabinet: Cabinet, request: SearchRequest, page?: { start: number; count: number }): string {
  const parameters = new URLSearchParams({ q: formatQuery(request) });
  const { fields } = request.view;
  if (fields !== undefined) parameters.set("fields", fields.join(","));
  if (request.sort.length > 0) {
    const keys = request.sort.map(({ field, descending }) => `${field} ${descending ? "Desc" : "Asc"}`);
    parameters.set("sortKeys", keys.join(","));
  }
  if (request.forceRefresh) parameters.set("forceRefresh", "true");
  if (page !== undefined) {
    parameters.set("start", String(page.start));
    parameters.set("count", String(page.count));
  }
  return `/FileCabinets/${cabinet.id}/Documents?${parameters.toString()}`;
}

function resultReply(call: Call, cabinet: Cabinet, request: SearchRequest): Reply {
  const documents = found(call, cabinet, request, request.forceRefresh);
  const { start, count } = request;
  const page = documents.slice(start, start + count);
  const hasMore = start + page.length < documents.length;
  const Count = { HasMore: hasMore, ExceedLimit: false, Value: documents.length };
  if (call.exchange.query("format")?.toLowerCase() === "table") {
    return answer(call.exchange, "TableResult", { Count, ...table(page, request.view.fields) });
  }
  const to = (rel: string, from: number) => link(rel, resultPath(cabinet, request, { start: from, count }));
  return answer(call.exchange, "DocumentsQueryResult", {
    Title: cabinet.name,
    Count,
    Items: page.map((document) => renderDocument(document, call.catalog, request.view)),
    Links: [
      to("self", start),
      to("first", 0),
      ...(hasMore && count > 0 ? [to("next", start + count)] : []),
      ...(start > 0 ? [to("prev", Math.max(0, start - count))] : []),
    ],
    TimeStamp: dateText(now(call)),
  });
}

function table(documents: readonly DocumentRecord[], names: readonly string[] | undefined): Json {
  const wanted = names?.map(fieldByName).filter((field) => field !== undefined);
  const fields = wanted === undefined || wanted.length === 0 ? USER_FIELDS : wanted;
  return {
    Headers: tableHeaders(fields),
    Rows: documents.map((document) => fields.map((field) => renderItem(field, valueOf(document, field)))),
  };
}

export const tableHeaders = (fields: readonly Field[]): readonly Json[] =>
  fields.map((field) => ({ FieldName: field.name, Type: field.type, Label: field.label }));

const limit = z.coerce.number().int().min(1).max(10_000).default(1000);
const countSchema = z.object({
  DialogExpression: expressionSchema.optional(),
  FieldName: z.string().optional(),
  Limit: limit,
});

/** `GET|POST Query/CountExpression`: how many match, or how many for each value of a field. */
export async function countExpression(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  const body = await readBody(call, countSchema);
  const expression = body.DialogExpression ?? expressionSchema.parse({});
  const documents = found(call, cabinet, searchRequest(call, cabinet, expression), expression.ForceRefresh === true);
  const Group =
    body.FieldName === undefined
      ? [{ Count: documents.length }]
      : grouped(documents, requireField(body.FieldName))
          .slice(0, body.Limit)
          .map(([Name, Count]) => ({ Name, Count }));
  return answer(call.exchange, "CountResult", { Group, TimeStamp: dateText(now(call)) });
}

const statisticsSchema = z.object({ FieldName: z.string(), Limit: limit });

export async function fieldValueStatistics(call: Call): Promise<Reply> {
  const { FieldName, Limit } = await readBody(call, statisticsSchema);
  const documents = found(call, cabinetOf(call), { conditions: [], operation: "And", sort: [] }, false);
  const groups = grouped(documents, requireField(FieldName)).slice(0, Limit);
  return answer(call.exchange, "FieldValueStatistics", { Item: groups.map(([Value, Count]) => ({ Value, Count })) });
}

const selectListSchema = z.object({
  ValuePrefix: z.string().default(""),
  Limit: limit,
  FieldName: z.string().optional(),
});

/** `GET|POST Query/SelectListExpression`: the values a field has. */
export async function selectList(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  findField(call);
  const body = await readBody(call, selectListSchema);
  const field = requireField(call.exchange.query("fieldname") ?? body.FieldName ?? "");
  const documents = found(call, cabinet, { conditions: [], operation: "And", sort: [] }, false);
  const prefix = body.ValuePrefix.toLowerCase();
  const values = grouped(documents, field)
    .map(([value]) => value)
    .filter((value) => value !== "" && value.toLowerCase().startsWith(prefix));
  return answer(call.exchange, "SelectListResult", { Value: values.sort().slice(0, body.Limit) });
}

function findField(call: Call): void {
  const name = call.exchange.query("fieldname");
  if (name !== undefined) requireField(name);
}

function requireField(name: string): Field {
  const field = fieldByName(name);
  if (field === undefined) throw unprocessable(`There is no field "${name}".`);
  return field;
}

/** Values with the number of documents that hold them, most frequent first. Keywords count one by one. */
function grouped(documents: readonly DocumentRecord[], field: Field): [string, number][] {
  const counts = new Map<string, number>();
  for (const document of documents) {
    const value = valueOf(document, field);
    const isDate = typeof value === "number" && (field.type === "Date" || field.type === "DateTime");
    const values =
      typeof value === "object" && value !== null ? value : [isDate ? dateText(value) : String(value ?? "")];
    for (const one of values) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
