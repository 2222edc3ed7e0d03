// Rows of webhooks. Table Webhooks: one row per webhook. Table WebhookDeliveries, partition = webhook, in which all rows of
// one delivery change together:
//   d|newest first|deliveryId   the delivery: the ledger
//   e|deliveryId                where it is; makes a second insertion a conflict
//   q|time of the event|...     only while it is pending: the queue, in the order in which events happened
//   x|time of the event|...     what is old, oldest first
//   lease                       who sends to the endpoint, or until when nobody does

import { defined } from "../kernel/defined.ts";
import { newestFirst, oldestFirst } from "../kernel/time/time-keys.ts";
import { z } from "zod";
import { mapConcurrently } from "../kernel/map-concurrently.ts";
import { allRows, type StoredRow, type Table, type Tables, type Written } from "../platform/tables/tables.ts";
import { takeLease } from "../platform/tables/lease.ts";
import { pendingQueue, type PendingQueue } from "../platform/tables/pending-queue.ts";
import { readableRow } from "../platform/tables/readable-row.ts";
import { rowCodec } from "../platform/tables/row-codec.ts";
import type { PlatformLog } from "../platform/signals.ts";
import { deliverySchema, type Delivery } from "./core/delivery.ts";
import { webhookSchema, type Webhook } from "./core/webhook.ts";
import { DELIVERIES_TABLE, WEBHOOKS_TABLE } from "./resources.ts";

export interface StoredWebhook {
  readonly webhook: Webhook;
  readonly etag: string;
}
export interface StoredDelivery {
  readonly delivery: Delivery;
  readonly etag: string;
}

const placeSchema = z.object({ row: z.string() });
const ageSchema = placeSchema.extend({ at: z.int() });
const queueSchema = placeSchema.extend({
  deliveryId: z.string(),
  subject: z.string().optional(),
  createdAt: z.int(),
  nextAttemptAt: z.int(),
});
/** A pending delivery, as its queue entry tells it. */
export type QueuedDelivery = Readonly<z.infer<typeof queueSchema>>;

const webhooks = rowCodec(webhookSchema, WEBHOOKS_TABLE);
const deliveries = rowCodec(deliverySchema, DELIVERIES_TABLE);
const places = rowCodec(placeSchema, DELIVERIES_TABLE);
const ages = rowCodec(ageSchema, DELIVERIES_TABLE);
const queue = rowCodec(queueSchema, DELIVERIES_TABLE);

const PARTITION = "webhooks";
const LEASE = "lease";
const READS_AT_ONCE = 20;
const deliveryRow = ({ at, deliveryId }: Delivery): string => `d|${newestFirst(at)}|${deliveryId}`;
const placeRow = (deliveryId: string): string => `e|${deliveryId}`;
const queueRow = ({ at, deliveryId }: Delivery): string => `q|${oldestFirst(at)}|${deliveryId}`;
const ageRow = ({ at, deliveryId }: Delivery): string => `x|${oldestFirst(at)}|${deliveryId}`;

export type WebhookStore = ReturnType<typeof webhookStore>;

/** `log`: hears of rows in lists that cannot be read; one such row does not hold up the others. */
export function webhookStore(tables: Tables, log?: PlatformLog) {
  const table = tables.table(DELIVERIES_TABLE);
  const waiting = pendingQueue(table, {
    prefix: "q|",
    codec: queue,
    entryOf: (delivery: Delivery) =>
      delivery.status === "pending"
        ? { row: queueRow(delivery), entry: { ...delivery, row: deliveryRow(delivery) } }
        : undefined,
    log,
  });
  return {
    ...webhookRows(tables.table(WEBHOOKS_TABLE), log),
    ...deliveryRows(table, waiting),
    ...deliveryLists(table, log),
    /** Pending deliveries in the order of their events, read page by page while it is asked for more. */
    queued: (webhookId: string) => waiting.entries(webhookId),
    ...leaseRow(table),
  };
}

type ListLog = PlatformLog | undefined;

function webhookRows(table: Table, log: ListLog) {
  const decode = (row: StoredRow): StoredWebhook => ({ webhook: webhooks.decode(row.cells, row), etag: row.etag });
  const key = (webhookId: string) => ({ partition: PARTITION, row: webhookId });
  return {
    async readWebhook(webhookId: string): Promise<StoredWebhook | undefined> {
      const row = await table.read(key(webhookId));
      return row === undefined ? undefined : decode(row);
    },
    insertWebhook: (webhook: Webhook): Promise<Written> =>
      table.insert(key(webhook.webhookId), webhooks.encode(webhook)),
    replaceWebhook: (webhook: Webhook, etag: string): Promise<Written> =>
      table.replace(key(webhook.webhookId), webhooks.encode(webhook), etag),
    removeWebhook: ({ webhook, etag }: StoredWebhook) => table.remove(key(webhook.webhookId), etag),
    /** Ascending by id, also those that are being deleted. */
    async listWebhooks(limit: number, cursor?: string) {
      const page = await table.list({ partition: PARTITION, limit, ...defined({ cursor }) });
      return { items: page.rows.flatMap((row) => readableRow(row, decode, log)?.webhook ?? []), cursor: page.cursor };
    },
    /** All, ascending by id, also those that are being deleted; some dozens (create-webhook.ts). */
    async allWebhooks(): Promise<readonly StoredWebhook[]> {
      const found: StoredWebhook[] = [];
      for await (const row of allRows(table, { partition: PARTITION })) {
        const stored = readableRow(row, decode, log);
        if (stored !== undefined) found.push(stored);
      }
      return found;
    },
  };
}

const decodeDelivery = (row: StoredRow): StoredDelivery => ({
  delivery: deliveries.decode(row.cells, row),
  etag: row.etag,
});

function deliveryRows(table: Table, waiting: PendingQueue<Delivery, QueuedDelivery>) {
  return {
    /** Conflict when it is there already, in whatever state. */
    async insertDelivery(delivery: Delivery): Promise<"written" | "conflict"> {
      const row = deliveryRow(delivery);
      const done = await table.transact(delivery.webhookId, [
        { kind: "insert", row: placeRow(delivery.deliveryId), cells: places.encode({ row }) },
        { kind: "insert", row, cells: deliveries.encode(delivery) },
        { kind: "insert", row: ageRow(delivery), cells: ages.encode({ row, at: delivery.at }) },
        ...waiting.insertion(delivery),
      ]);
      return done.kind;
    },
    async readDelivery(webhookId: string, deliveryId: string): Promise<StoredDelivery | undefined> {
      const place = await table.read({ partition: webhookId, row: placeRow(deliveryId) });
      if (place === undefined) return undefined;
      const found = await table.read({ partition: webhookId, row: places.decode(place.cells, place).row });
      return found === undefined ? undefined : decodeDelivery(found);
    },
    /** The next state and what follows from it for the queue, together or not at all. */
    async saveDelivery({ delivery, etag }: StoredDelivery, next: Delivery): Promise<Written> {
      const replacement = { kind: "replace", row: deliveryRow(next), cells: deliveries.encode(next), etag } as const;
      return waiting.save(next.webhookId, replacement, delivery, next);
    },
    /** Everything about it. Conflict when it has changed. */
    async removeDelivery({ delivery, etag }: StoredDelivery): Promise<"written" | "conflict"> {
      const { webhookId: partition } = delivery;
      const beside = [
        placeRow(delivery.deliveryId),
        ageRow(delivery),
        ...(delivery.status === "pending" ? [queueRow(delivery)] : []),
      ];
      const found = await Promise.all(beside.map((row) => table.read({ partition, row })));
      const done = await table.transact(partition, [
        { kind: "remove", row: deliveryRow(delivery), etag },
        ...found.flatMap((row) =>
          row === undefined ? [] : [{ kind: "remove", row: row.row, etag: row.etag } as const],
        ),
      ]);
      return done.kind;
    },
  };
}

function deliveryLists(table: Table, log: ListLog) {
  const readReadable = async (webhookId: string, row: string): Promise<StoredDelivery | undefined> => {
    const found = await table.read({ partition: webhookId, row });
    return found === undefined ? undefined : readableRow(found, decodeDelivery, log);
  };
  return {
    /** Undefined also for one that cannot be read. */
    readQueued: (webhookId: string, { row }: QueuedDelivery) => readReadable(webhookId, row),
    /** Newest first. */
    async listDeliveries(webhookId: string, limit: number, cursor?: string) {
      const page = await table.list({
        partition: webhookId,
        rowPrefix: "d|",
        limit,
        ...defined({ cursor }),
      });
      return {
        items: page.rows.flatMap((row) => readableRow(row, decodeDelivery, log)?.delivery ?? []),
        cursor: page.cursor,
      };
    },
    /** Deliveries of events from before then, the oldest first. */
    async olderThan(webhookId: string, before: number, limit: number): Promise<readonly StoredDelivery[]> {
      const page = await table.list({ partition: webhookId, rowPrefix: "x|", limit });
      const old = page.rows.map((row) => ages.decode(row.cells, row)).filter(({ at }) => at < before);
      const rows = await mapConcurrently(old, READS_AT_ONCE, ({ row }) => readReadable(webhookId, row));
      return rows.filter((row) => row !== undefined);
    },
  };
}

function leaseRow(table: Table) {
  const key = (webhookId: string) => ({ partition: webhookId, row: LEASE });
  return {
    /**
     * Only its holder sends to the endpoint, until that instant. The answer sets another end (0 gives it back); undefined
     * when somebody else has it, or the endpoint asked for a pause.
     */
    async takeLease(
      webhookId: string,
      now: number,
      until: number,
    ): Promise<((until: number) => Promise<void>) | undefined> {
      const lease = await takeLease(table, key(webhookId), now, until);
      return lease.kind === "held" ? undefined : async (until) => void (await lease.renew(until));
    },
    /** With the last delivery of a webhook that is deleted. */
    async removeLease(webhookId: string): Promise<void> {
      const row = await table.read(key(webhookId));
      if (row !== undefined) await table.remove(key(webhookId), row.etag);
    },
  };
}
