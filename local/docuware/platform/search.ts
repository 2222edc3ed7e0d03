// Searching: `POST Query/DialogExpression` as far as the app speaks it: every condition holds, each with one text.
import { z } from "zod";
import type { Reply } from "../http/reply.ts";
import type { DocumentRecord } from "../state/model.ts";
import type { Call } from "./call.ts";
import { answer, cabinetOf, now, readBody } from "./call.ts";
import { fieldByName } from "./catalog.ts";
import { findDialog } from "./cabinets.ts";
import { dateText, valueOf } from "./field-values.ts";
import { PlatformError, unprocessable } from "./platform-error.ts";
import { renderDocument } from "./render.ts";

/** A stored document appears in results this much later, unless the search says ForceRefresh. */
const RESULT_LAG_MS = 20;
/** DocuWare refuses to be asked for more results than this at once (KBA-36909). */
const MAX_COUNT = 10_000;

const whole = z.int().min(0);
export const pageSchema = z.object({
  Operation: z.literal("And").default("And"),
  SortOrder: z.array(z.never()).default([]),
  Start: whole.default(0),
  Count: whole.default(1000),
  ForceRefresh: z.boolean().default(false),
});
const expressionSchema = pageSchema.extend({
  Condition: z.array(z.object({ DBName: z.string(), Value: z.array(z.string()).length(1) })).max(200),
});

export async function dialogExpression(call: Call): Promise<Reply> {
  const cabinet = cabinetOf(call);
  findDialog(cabinet, call.exchange.query("dialogid"));
  const { Condition, Start, Count, ForceRefresh } = await readBody(call, expressionSchema);
  if (Count > MAX_COUNT) {
    const message = `The requested search result count exceeds the system limit of ${MAX_COUNT} per request.`;
    throw new PlatformError(422, "SearchResultLimitExceededException", message);
  }
  const conditions = Condition.map(({ DBName, Value: [value = ""] }) => matcher(DBName, value));
  const visibleUntil = ForceRefresh ? Infinity : now(call) - RESULT_LAG_MS;
  const found = [...call.organisation.state.documents.values()].filter(
    (document) =>
      document.cabinetId === cabinet.id &&
      document.createdAt <= visibleUntil &&
      conditions.every((isMet) => isMet(document)),
  );
  const page = found.slice(Start, Start + Count);
  return answer(call.exchange, {
    Title: cabinet.name,
    Count: { HasMore: Start + page.length < found.length, ExceedLimit: false, Value: found.length },
    Items: page.map((document) => renderDocument(document, call.catalog)),
    Links: [],
    TimeStamp: dateText(now(call)),
  });
}

/** The whole value in any case; `*` is any text, `?` one character. A bare parenthesis is refused, as DocuWare does. */
function matcher(name: string, value: string): (document: DocumentRecord) => boolean {
  const field = fieldByName(name);
  if (field === undefined) throw unprocessable(`There is no field "${name}".`);
  if (/[()]/u.test(value)) throw unprocessable(`Condition ${field.name}: the search value contains a parenthesis.`);
  const literal = value.replaceAll(/[\\^$+.|[\]{}]/gu, String.raw`\$&`);
  const pattern = new RegExp(`^${literal.replaceAll(/\*+/gu, ".*").replaceAll("?", ".")}$`, "isu");
  return (document) => {
    const held = valueOf(document, field);
    return held !== null && pattern.test(String(held));
  };
}
