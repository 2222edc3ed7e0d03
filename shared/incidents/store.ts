// Rows of incidents, in the table Incidents. All are in one partition, so that an incident, its places in the lists and
// its entry in the queue of mails change together. Incidents are few: a partition takes 2,000 writes a second.
//   i|incidentId                the incident
//   t|newest first|incidentId   its place in the list of all
//   s|severity|newest first|... its place in the list of its severity
//   q|next attempt|incidentId   only while its mail is pending: the queue

import { defined } from "../kernel/defined.ts";
import { newestFirst, oldestFirst } from "../kernel/time/time-keys.ts";
import { z } from "zod";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import { takeLease, type Lease } from "../platform/tables/lease.ts";
import { pendingQueue, type PendingQueue } from "../platform/tables/pending-queue.ts";
import { readableRow } from "../platform/tables/readable-row.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import { type StoredRow, type Table, type Tables, type Written, writtenAt } from "../platform/tables/tables.ts";
import type { PlatformLog } from "../platform/signals.ts";
import { incidentSchema, SEVERITIES, type Incident, type Severity } from "./core/incident.ts";
import { INCIDENTS_TABLE } from "./resources.ts";

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
const READS_AT_ONCE = 20;

const placeOf = ({ raisedAt, incidentId }: Incident): string => `${newestFirst(raisedAt)}|${incidentId}`;
const incidentRow = (incidentId: string): string => `i|${incidentId}`;
const queueRow = ({ incidentId, mail }: Incident): string => `q|${oldestFirst(mail.nextAttemptAt)}|${incidentId}`;

const decode = (row: StoredRow): StoredIncident => ({ incident: incidents.decode(row.cells, row), etag: row.etag });

export type IncidentStore = ReturnType<typeof incidentStore>;

/** `log`: hears of rows in lists that cannot be read; one such row does not hide the others. */
export function incidentStore(tables: Tables, log?: PlatformLog) {
  const table = tables.table(INCIDENTS_TABLE);
  const mails = pendingQueue(table, {
    prefix: "q|",
    codec: queue,
    entryOf: (incident: Incident) =>
      incident.mail.status === "pending"
        ? { row: queueRow(incident), entry: { ...incident, nextAttemptAt: incident.mail.nextAttemptAt } }
        : undefined,
    log,
  });
  /** One sender of what waits at a time. */
  const takeSender = (now: number, until: number): Promise<Lease> => takeLease(table, SENDER, now, until);
  return { ...incidentReads(table, mails, log), ...incidentWrites(table, mails), takeSender };
}

type MailQueue = PendingQueue<Incident, PendingMail>;

function incidentReads(table: Table, mails: MailQueue, log: PlatformLog | undefined) {
  const rowOf = (incidentId: string) => table.read({ partition: PARTITION, row: incidentRow(incidentId) });
  const readReadable = async (incidentId: string): Promise<StoredIncident | undefined> => {
    const row = await rowOf(incidentId);
    return row === undefined ? undefined : readableRow(row, decode, log);
  };
  return {
    async read(incidentId: string): Promise<StoredIncident | undefined> {
      const row = await rowOf(incidentId);
      return row === undefined ? undefined : decode(row);
    },
    /** Undefined also for one that cannot be read. */
    readPending: ({ incidentId }: PendingMail) => readReadable(incidentId),
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
        ...defined({ cursor: of.cursor }),
      });
      const listed = page.rows.flatMap((row) => readableRow(row, ({ cells }) => places.decode(cells, row), log) ?? []);
      const found = await mapConcurrently(listed, READS_AT_ONCE, ({ incidentId }) => readReadable(incidentId));
      return { items: found.flatMap((one) => one?.incident ?? []), cursor: page.cursor };
    },
    /** The mails to be tried until then, gravest incidents first, then those that wait longest. */
    async pending(until: number): Promise<readonly PendingMail[]> {
      const found: PendingMail[] = [];
      for await (const entry of mails.entries(PARTITION)) {
        if (entry.nextAttemptAt > until || found.length >= MAX_PENDING) break;
        found.push(entry);
      }
      return found.toSorted((a, b) => a.severity - b.severity || a.nextAttemptAt - b.nextAttemptAt);
    },
  };
}

function incidentWrites(table: Table, mails: MailQueue) {
  return {
    /** The incident, its places in the lists and its pending mail, all or nothing. Conflict when it exists. */
    async insert(incident: Incident): Promise<Written> {
      const place = places.encode(incident);
      const done = await table.transact(PARTITION, [
        { kind: "insert", row: incidentRow(incident.incidentId), cells: incidents.encode(incident) },
        { kind: "insert", row: `t|${placeOf(incident)}`, cells: place },
        { kind: "insert", row: `s|${incident.severity}|${placeOf(incident)}`, cells: place },
        ...mails.insertion(incident),
      ]);
      return writtenAt(done);
    },
    /** The next row and what follows from it for the queue, together or not at all. */
    async save({ incident, etag }: StoredIncident, next: Incident): Promise<Written> {
      const [row, cells] = [incidentRow(next.incidentId), incidents.encode(next)];
      return mails.save(PARTITION, { kind: "replace", row, cells, etag }, incident, next);
    },
  };
}
