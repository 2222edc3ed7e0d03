// Reading searches from requests: bodies, query parameters and the `q` text, into one form.
import { z } from "zod";
import type { Call } from "./call.ts";
import type { Cabinet } from "./catalog.ts";
import { findDialog } from "./cabinets.ts";
import { PlatformError, unprocessable } from "./platform-error.ts";
import { parseQuery } from "./query-text.ts";
import type { DocumentView } from "./render.ts";
import type { Expression, SortKey } from "./search.ts";

export interface SearchRequest extends Expression {
  readonly dialogId: string;
  readonly start: number;
  readonly count: number;
  readonly forceRefresh: boolean;
  readonly view: DocumentView;
}

/** DocuWare refuses to be asked for more results than this at once (KBA-36909). */
const MAX_COUNT = 10_000;
/** DocuWare's own sample names 1000 for an unrestricted list; the default is undocumented. */
const DEFAULT_COUNT = 1000;

const text = z.union([z.string(), z.number().transform(String)]);
/** XML attributes arrive as text. */
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]);
const whole = z.coerce.number().int().min(0);

export const expressionSchema = z.object({
  Condition: z
    .array(z.object({ DBName: z.string(), Value: z.array(z.union([text, z.null()])).max(100) }))
    .max(200)
    .default([]),
  Operation: z.enum(["And", "Or"]).default("And"),
  SortOrder: z
    .array(z.object({ Field: z.string(), Direction: z.enum(["Asc", "Desc", "Default"]).default("Default") }))
    .max(20)
    .default([]),
  Start: whole.optional(),
  Count: whole.optional(),
  AdditionalResultFields: z.array(z.string()).optional(),
  ForceRefresh: flag.optional(),
  ExcludeDefaultSystemFields: flag.optional(),
  WithoutLinks: flag.optional(),
});
export type ExpressionBody = z.infer<typeof expressionSchema>;

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === "true";

function wholeParameter(call: Call, name: string): number | undefined {
  const value = call.exchange.query(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw unprocessable(`Parameter ${name} must be a whole number from 0.`);
  return Number(value);
}

/** Joins the request body with the query parameters, which win where both say something. */
export function searchRequest(call: Call, cabinet: Cabinet, body: ExpressionBody): SearchRequest {
  const count = wholeParameter(call, "count") ?? body.Count ?? DEFAULT_COUNT;
  if (count > MAX_COUNT) {
    throw new PlatformError(
      422,
      "SearchResultLimitExceededException",
      `The requested search result count exceeds the system limit of ${MAX_COUNT} per request.`,
    );
  }
  const bodySort = body.SortOrder.map(({ Field, Direction }) => ({ field: Field, descending: Direction === "Desc" }));
  const fields = call.exchange.query("fields")?.split(",") ?? [];
  const wanted = [...fields, ...(body.AdditionalResultFields ?? [])].map((name) => name.trim().toUpperCase());
  return {
    dialogId: findDialog(cabinet, call.exchange.query("dialogid")).id,
    conditions: body.Condition.map(({ DBName, Value }) => ({ field: DBName, values: Value })),
    operation: body.Operation,
    sort: bodySort.length > 0 ? bodySort : sortParameters(call),
    start: wholeParameter(call, "start") ?? body.Start ?? 0,
    count,
    forceRefresh: isTrue(call.exchange.query("forcerefresh")) || body.ForceRefresh === true,
    view: {
      ...(fields.length === 0 || wanted.length === 0 ? {} : { fields: wanted }),
      ...(body.ExcludeDefaultSystemFields === true ? { withoutSystemFields: true } : {}),
      ...(body.WithoutLinks === true ? { withoutLinks: true } : {}),
    },
  };
}

/** `sortOrder` keeps its first field only, as DocuWare does; `sortKeys` is what our own paging links carry. */
function sortParameters(call: Call): readonly SortKey[] {
  const own = call.exchange.query("sortkeys");
  const keys = own?.split(",") ?? call.exchange.query("sortorder")?.split(",").slice(0, 1) ?? [];
  return keys.flatMap((key) => {
    const [field = "", direction = ""] = key.trim().split(/\s+/);
    return field === "" ? [] : [{ field, descending: direction.toLowerCase() === "desc" }];
  });
}

/** The search that the address describes: `q`, or every document of the cabinet. */
export function addressedRequest(call: Call, cabinet: Cabinet): SearchRequest {
  const empty = expressionSchema.parse({});
  const q = call.exchange.query("q");
  if (q === undefined) return searchRequest(call, cabinet, empty);
  const query = parseQuery(q);
  if (!query.ok) throw unprocessable(query.error);
  const { dialogId, operation, conditions } = query.value;
  const request = searchRequest(call, cabinet, { ...empty, Operation: operation });
  return { ...request, dialogId: findDialog(cabinet, dialogId).id, conditions };
}
