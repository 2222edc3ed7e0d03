// The outside world with a span around every call. Put where the ports are made (composition root): whoever uses them
// does not know.

import type { Bus } from "../bus/bus.ts";
import type { HttpClient } from "../http-client/http-client.ts";
import type { Mailer } from "../mail/mail.ts";
import type { Page, StoredRow, Table, Tables } from "../tables/tables.ts";
import { BUS_SEND, HTTP_CALL, MAIL_SEND, TABLE_CALL } from "../signals.ts";
import type { Telemetry } from "./telemetry.ts";

/** Lost races are outcomes of their spans, not failures. */
export function tracedTables(tables: Tables, telemetry: Telemetry): Tables {
  return {
    table: (name) => tracedTable(tables.table(name), name, telemetry),
    ensure: (names) => tables.ensure(names),
  };
}

function tracedTable(table: Table, name: string, telemetry: Telemetry): Table {
  const call = <T>(operation: string, work: () => Promise<T>, outcomeOf: (result: T) => string): Promise<T> =>
    telemetry.span(TABLE_CALL, { table: name, operation, "peer.service": "table storage" }, async (span) => {
      const result = await work();
      span.set({ outcome: outcomeOf(result) });
      return result;
    });
  return {
    read: (key) => call("read", () => table.read(key), isFound),
    insert: (key, cells) => call("insert", () => table.insert(key, cells), kindOf),
    replace: (key, cells, etag) => call("replace", () => table.replace(key, cells, etag), kindOf),
    remove: (key, etag) => call("remove", () => table.remove(key, etag), String),
    transact: (partition, writes) => call("transact", () => table.transact(partition, writes), kindOf),
    list: (query) => call("list", () => table.list(query), hasRows),
  };
}

const kindOf = ({ kind }: { readonly kind: string }): string => kind;
const isFound = (row: StoredRow | undefined): string => (row === undefined ? "absent" : "found");
const hasRows = ({ rows }: Page): string => (rows.length === 0 ? "empty" : "found");

/** Every message tells its receiver by whom it was sent (W3C trace context), unless it says so itself. */
export function tracedBus(bus: Bus, telemetry: Telemetry): Bus {
  return {
    send: (queue, messages) =>
      telemetry.span(BUS_SEND, { queue, messages: messages.length, "peer.service": "service bus" }, async () => {
        const traceparent = telemetry.traceparent();
        await bus.send(queue, traceparent === undefined ? messages : messages.map((one) => ({ traceparent, ...one })));
      }),
    close: () => bus.close(),
  };
}

/** A mail that names its cause continues that trace; the run that sends it is linked. */
export function tracedMailer(mailer: Mailer, telemetry: Telemetry): Mailer {
  return {
    send(mail) {
      const run = telemetry.traceparent();
      const isOther = mail.traceparent !== undefined && run !== undefined;
      return telemetry.span(
        MAIL_SEND,
        { operationId: mail.operationId, "peer.service": "mail" },
        async (span) => {
          const outcome = await mailer.send(mail);
          span.set({ outcome: outcome.kind });
          if (outcome.kind === "failed") span.fail();
          return outcome;
        },
        { parent: mail.traceparent, links: isOther ? [run] : [] },
      );
    },
  };
}

/** Addresses are reported without their query, which may carry what a user typed. */
export function tracedHttpClient(http: HttpClient, telemetry: Telemetry): HttpClient {
  return {
    send: (request) =>
      telemetry.span(
        HTTP_CALL,
        { "http.request.method": request.method, "url.full": `${request.url.origin}${request.url.pathname}` },
        async (span) => {
          const answer = await http.send(request);
          span.set({ "http.response.status_code": answer.status });
          if (answer.status >= 500) span.fail();
          return answer;
        },
      ),
    close: () => http.close(),
  };
}
