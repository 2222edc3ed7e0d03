// Rows of incidents, in the table Incidents. All are in one partition, so that an incident, its places in the lists and
// its entry in the queue of mails change together. Incidents are few: a partition takes 2,000 writes a second.
//   i|incidentId                the incident
//   t|newest first|incidentId   its place in the list of all
//   s|severity|newest first|... its place in the list of its severity
//   q|next attempt|incidentId   only while its mail is pending: the queue

import { newestFirst, oldestFirst } from "../kernel/time/time-keys.ts";
import { z } from "zod";
import { allRows } from "../platform/tables/all-rows.ts";
import { takeLease, type Lease } from "../platform/tables/lease.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { StoredRow, Table, Tables, Write, Written } from "../platform/tables/tables.ts";
import { writtenAt } from "../platform/tables/written-at.ts";
import { incidentSchema, SEVERITIES, type Incident, type Severity } from "./core/incident.ts";

export const INCIDENTS_TABLE = "Incidents";

export interface StoredIncident {
  readonly incident: Incident;
  readonly etag: string;
}

const placeSchema = z.object({ incidentId: z.string() });
const queueSchema = placeSchema.extend({ severity: z.literal(SEVERITIES), nextAttemptAt: z.int() });
/** An incident whose mail is pending, as its queue entry tells it. */
export type PendingMail = Readonly<z.infer<typeof queueSchema>>;

const incidents = rowCodec(incidentSchema, INCIDENTS_TABLE);
const places = rowCodec(placeSchema, INCIDENTS_TABLE);
const queue = rowCodec(queueSchema, INCIDENTS_TABLE);

const PARTITION = "incidents";
/** Until when somebody sends mails. */
const SENDER = { partition: "sender", row: "sender" };
/** Bounds what one run reads; the rest comes with the next. */
const MAX_PENDING = 5000;

const placeOf = ({ raisedAt, incidentId }: Incident): string => `${newestFirst(raisedAt)}|${incidentId}`;
const incidentRow = (incidentId: string): string => `i|${incidentId}`;
const queueRow = ({ incidentId, mail }: Incident): string => `q|${oldestFirst(mail.nextAttemptAt)}|${incidentId}`;

const decode = (row: StoredRow): StoredIncident => ({ incident: incidents.decode(row.cells, row), etag: row.etag });

export type IncidentStore = ReturnType<typeof incidentStore>;

export function incidentStore(tables: Tables) {
  const table = tables.table(INCIDENTS_TABLE);
  /** One sender of what waits at a time. */
  const takeSender = (now: number, until: number): Promise<Lease> => takeLease(table, SENDER, now, until);
  return { ...incidentReads(table), ...incidentWrites(table), takeSender };
}

function incidentReads(table: Table) {
  const read = async (incidentId: string): Promise<StoredIncident | undefined> => {
    const row = await table.read({ partition: PARTITION, row: incidentRow(incidentId) });
    return row === undefined ? undefined : decode(row);
  };
  return {
    read,
    /** Newest first, at most `limit` (1 to 100) per page. */
    async list(of: {
      readonly severity?: Severity | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
    }) {
      const page = await table.list({
        partition: PARTITION,
        rowPrefix: of.severity === undefined ? "t|" : `s|${of.severity}|`,
        limit: of.limit,
        ...(of.cursor === undefined ? {} : { cursor: of.cursor }),
      });
      const found = await Promise.all(page.rows.map((row) => read(places.decode(row.cells, row).incidentId)));
      return { items: found.filter((one) => one !== undefined).map(({ incident }) => incident), cursor: page.cursor };
    },
    /** The mails to be tried until then, gravest incidents first, then those that wait longest. */
    async pending(until: number): Promise<readonly PendingMail[]> {
      const found: PendingMail[] = [];
      for await (const row of allRows(table, { partition: PARTITION, rowPrefix: "q|" })) {
        const entry = queue.decode(row.cells, row);
        if (entry.nextAttemptAt > until || found.length >= MAX_PENDING) break;
        found.push(entry);
      }
      return found.toSorted((a, b) => a.severity - b.severity || a.nextAttemptAt - b.nextAttemptAt);
    },
  };
}

function incidentWrites(table: Table) {
  return {
    /** The incident, its places in the lists and its pending mail, all or nothing. Conflict when it exists. */
    async insert(incident: Incident): Promise<Written> {
      const place = places.encode(incident);
      const done = await table.transact(PARTITION, [
        { kind: "insert", row: incidentRow(incident.incidentId), cells: incidents.encode(incident) },
        { kind: "insert", row: `t|${placeOf(incident)}`, cells: place },
        { kind: "insert", row: `s|${incident.severity}|${placeOf(incident)}`, cells: place },
        entryOf(incident),
      ]);
      return writtenAt(done);
    },
    /** The next row and what follows from it for the queue, together or not at all. */
    async save({ incident, etag }: StoredIncident, next: Incident): Promise<Written> {
      const replace: Write = {
        kind: "replace",
        row: incidentRow(next.incidentId),
        cells: incidents.encode(next),
        etag,
      };
      const requeued = await requeue(table, incident, next);
      if (requeued === "conflict") return { kind: "conflict" };
      return writtenAt(await table.transact(PARTITION, [replace, ...requeued]));
    },
  };
}

async function requeue(table: Table, before: Incident, after: Incident): Promise<readonly Write[] | "conflict"> {
  const [wasPending, isPending] = [before.mail.status === "pending", after.mail.status === "pending"];
  const [old, fresh] = [queueRow(before), queueRow(after)];
  if (wasPending === isPending && (old === fresh || !isPending)) return [];
  const entry = wasPending ? await table.read({ partition: PARTITION, row: old }) : undefined;
  // Row and entry change together: an entry that is gone means that the row has changed.
  if (wasPending && entry === undefined) return "conflict";
  return [
    ...(entry === undefined ? [] : [{ kind: "remove", row: old, etag: entry.etag } as const]),
    ...(isPending ? [entryOf(after)] : []),
  ];
}

const entryOf = (incident: Incident): Write => ({
  kind: "insert",
  row: queueRow(incident),
  cells: queue.encode({ ...incident, nextAttemptAt: incident.mail.nextAttemptAt }),
});
