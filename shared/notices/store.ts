// Rows of notices, in the table Notices. A notice lives in one of 16 shards (`s00` to `s15`), chosen by campaign and
// organisation: its row (`n|campaign|organisation|kind|sequence`) and, while it is pending, its entry in the shard's queue
// (`d|next attempt|...`) change in one transaction. Two partitions beside: `mails` finds the notice of a mail's id, and
// `pace` holds when mails were sent, and until when somebody sends (`sender`).

import { defined } from "../kernel/defined.ts";
import { oldestFirst } from "../kernel/time/time-keys.ts";
import { z } from "zod";
import { bucketOf } from "../kernel/bucket.ts";
import { ok } from "../kernel/result.ts";
import { allRows, type StoredRow, type Table, type Tables, type Written } from "../platform/tables/tables.ts";
import { changeRow } from "../platform/tables/change-row.ts";
import { takeLease, type Lease } from "../platform/tables/lease.ts";
import { pendingQueue, type PendingQueue } from "../platform/tables/pending-queue.ts";
import { readableRow } from "../platform/tables/readable-row.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { PlatformLog } from "../platform/signals.ts";
import { noticeKeySchema, noticeSchema, type Notice, type NoticeKey } from "./core/notice.ts";
import { part } from "../kernel/text.ts";
import { NOTICES_TABLE } from "./resources.ts";

export interface StoredNotice {
  readonly notice: Notice;
  readonly etag: string;
}

const queueSchema = noticeKeySchema.extend({
  noticeId: z.string(),
  mailNumber: z.int().positive().default(1),
  deadline: z.int(),
  nextAttemptAt: z.int(),
});
/** A pending notice, as its queue entry tells it. */
export type PendingNotice = Readonly<z.infer<typeof queueSchema>>;

const paceSchema = z.object({
  sent: z.array(z.tuple([z.int(), z.int()])),
  pausedUntil: z.int().optional(),
  begunAt: z.int().optional(),
  begun: z.array(z.string()).optional(),
});
export interface StoredPace {
  readonly sent: readonly { readonly at: number; readonly count: number }[];
  readonly pausedUntil?: number;
  /** The mails for which room was taken last, as notice and mail number, and the instant at which they are counted. */
  readonly begun?: { readonly at: number; readonly mails: readonly string[] };
  /** Absent when nothing was ever sent. */
  readonly etag?: string;
}

const mailSchema = noticeKeySchema.extend({ mailNumber: z.int() });
export type MailOwner = Readonly<z.infer<typeof mailSchema>>;

const notices = rowCodec(noticeSchema, NOTICES_TABLE);
const queue = rowCodec(queueSchema, NOTICES_TABLE);
const paces = rowCodec(paceSchema, NOTICES_TABLE);
const mails = rowCodec(mailSchema, NOTICES_TABLE);

const SHARDS = 16;
/** Per shard: bounds what one run reads. 80,000 mails are a month of the provider's usual quota. */
const MAX_PENDING_PER_SHARD = 5000;
const PACE = { partition: "pace", row: "pace" };
const SENDER = { partition: "pace", row: "sender" };

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");
const shardOf = (campaignId: string, organisationId: string): string =>
  `s${pad(bucketOf(JSON.stringify([campaignId, organisationId]), SHARDS), 2)}`;
const prefixOf = (campaignId: string, organisationId: string): string => `n|${campaignId}|${organisationId}|`;
const noticeRow = (key: NoticeKey): string =>
  `${prefixOf(key.campaignId, key.organisationId)}${key.kind}|${pad(key.sequence, 6)}`;
const queueRow = (notice: Notice): string => `d|${oldestFirst(notice.nextAttemptAt)}|${notice.noticeId}`;
const mailKey = (operationId: string) => ({ partition: `mails-${part(operationId, 0, 1)}`, row: operationId });

export type NoticeStore = ReturnType<typeof noticeStore>;

/** `log`: hears of rows in the queue that cannot be read; one such row does not hold up the others. */
export function noticeStore(tables: Tables, log?: PlatformLog) {
  const table = tables.table(NOTICES_TABLE);
  const waiting = pendingQueue(table, {
    prefix: "d|",
    codec: queue,
    entryOf: (notice: Notice) => (notice.status === "pending" ? { row: queueRow(notice), entry: notice } : undefined),
    log,
  });
  return { ...noticeRows(table, waiting), ...queueRows(table, waiting, log), ...mailRows(table), ...paceRow(table) };
}

const decode = (row: StoredRow): StoredNotice => ({ notice: notices.decode(row.cells, row), etag: row.etag });
const keyOf = (key: NoticeKey) => ({ partition: shardOf(key.campaignId, key.organisationId), row: noticeRow(key) });

function noticeRows(table: Table, waiting: PendingQueue<Notice, PendingNotice>) {
  return {
    async read(key: NoticeKey): Promise<StoredNotice | undefined> {
      const row = await table.read(keyOf(key));
      return row === undefined ? undefined : decode(row);
    },
    /** All notices to one organisation about one campaign; a handful. */
    async noticesOf(campaignId: string, organisationId: string): Promise<readonly StoredNotice[]> {
      const partition = shardOf(campaignId, organisationId);
      const found: StoredNotice[] = [];
      for await (const row of allRows(table, { partition, rowPrefix: prefixOf(campaignId, organisationId) })) {
        found.push(decode(row));
      }
      return found;
    },
    /** Conflict when it exists already. */
    async insert(notice: Notice): Promise<"written" | "conflict"> {
      const done = await table.transact(shardOf(notice.campaignId, notice.organisationId), [
        { kind: "insert", row: noticeRow(notice), cells: notices.encode(notice) },
        ...waiting.insertion(notice),
      ]);
      return done.kind;
    },
    /** The next row and what follows from it for the queue, together or not at all. */
    async save({ notice, etag }: StoredNotice, next: Notice): Promise<Written> {
      const { partition, row } = keyOf(next);
      return waiting.save(partition, { kind: "replace", row, cells: notices.encode(next), etag }, notice, next);
    },
  };
}

function queueRows(table: Table, waiting: PendingQueue<Notice, PendingNotice>, log: PlatformLog | undefined) {
  const pendingIn = async (partition: string, until: number): Promise<readonly PendingNotice[]> => {
    const found: PendingNotice[] = [];
    for await (const entry of waiting.entries(partition)) {
      found.push(entry);
      if (entry.nextAttemptAt > until || found.length >= MAX_PENDING_PER_SHARD) break;
    }
    return found;
  };
  return {
    /** Undefined also for one that cannot be read. */
    async readPending(due: PendingNotice): Promise<StoredNotice | undefined> {
      const row = await table.read(keyOf(due));
      return row === undefined ? undefined : readableRow(row, decode, log);
    },
    /** Every notice to be tried until then, and of each shard the next one after it. In no order. */
    async pending(until: number): Promise<readonly PendingNotice[]> {
      const shards = Array.from({ length: SHARDS }, (_, shard) => pendingIn(`s${pad(shard, 2)}`, until));
      return (await Promise.all(shards)).flat();
    },
  };
}

function mailRows(table: Table) {
  return {
    /** Written before the mail is sent, so that every report about it finds its notice. Twice changes nothing. */
    async rememberMail(operationId: string, owner: MailOwner): Promise<void> {
      await table.insert(mailKey(operationId), mails.encode(owner));
    },
    async ownerOfMail(operationId: string): Promise<MailOwner | undefined> {
      const row = await table.read(mailKey(operationId));
      return row === undefined ? undefined : mails.decode(row.cells, row);
    },
  };
}

function paceRow(table: Table) {
  const readPace = async (): Promise<StoredPace> => {
    const row = await table.read(PACE);
    if (row === undefined) return { sent: [] };
    const { sent, pausedUntil, begunAt, begun } = paces.decode(row.cells, row);
    return {
      sent: sent.map(([at, count]) => ({ at, count })),
      ...defined({ pausedUntil }),
      ...(begunAt === undefined || begun === undefined ? {} : { begun: { at: begunAt, mails: begun } }),
      etag: row.etag,
    };
  };
  const savePace = ({ etag, sent, begun, ...pace }: StoredPace): Promise<Written> => {
    const pairs = sent.map(({ at, count }): [number, number] => [at, count]);
    const last = begun === undefined ? {} : { begunAt: begun.at, begun: [...begun.mails] };
    const cells = paces.encode({ ...pace, ...last, sent: pairs });
    return etag === undefined ? table.insert(PACE, cells) : table.replace(PACE, cells, etag);
  };
  const changePace = async (change: (pace: StoredPace) => StoredPace | undefined): Promise<void> => {
    const row = {
      name: "The pace of notices",
      read: readPace,
      write: (_: StoredPace, next: StoredPace) => savePace(next),
    };
    await changeRow(row, (pace) => ok(change(pace)));
  };
  return {
    /** One sender at a time. */
    takeSender: (now: number, until: number): Promise<Lease> => takeLease(table, SENDER, now, until),
    readPace,
    /** Throws TransientFailure when other senders are faster all the time. */
    changePace,
    /** No mail before then: the provider said so. */
    async pauseUntil(until: number): Promise<void> {
      await changePace((pace) => ((pace.pausedUntil ?? 0) >= until ? undefined : { ...pace, pausedUntil: until }));
    },
  };
}
