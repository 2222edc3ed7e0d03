// The floors: the same control-plane calls and the fewest durable writes, without any of the product's code.
import { ServiceBusClient } from "@azure/service-bus";
import { TableClient, type TransactionAction } from "@azure/data-tables";
import { Pool } from "undici";
import { organisationIdOf, type Contestant, type ContestantName, type Job } from "./job.ts";
import { rawTable } from "./raw-table.ts";
import { pumpSessions } from "./session-pump.ts";
import { ROLL_BACK_STEPS, SUCCESS_STEPS, type StepVerb } from "./workload.ts";
import { UPGRADE_QUEUE } from "../../shared/upgrades/resources.ts";

const TABLE = "Upgrades";

/** Saves the state after step `sequence`, on condition of the etag; the new etag. */
type Save = (of: { campaignId: string; id: string }, sequence: number, state: string, etag: string) => Promise<string>;

export async function openFloor(job: Job): Promise<Contestant> {
  const allowInsecureConnection = true;
  const client = TableClient.fromConnectionString(job.tables, TABLE, { allowInsecureConnection });
  await client.createTable();
  const upgradeOne = upgradeWith(new Pool(job.controlPlane, { connections: 256, pipelining: 1 }), saver(job, client));
  const etags = new Map<string, string>();
  const organisations = new Map<string, readonly string[]>();
  const upgrade = async (campaignId: string, id: string): Promise<void> =>
    upgradeOne({ campaignId, id }, etags.get(id) ?? "");
  const drive = job.contestant === "floor-queue" ? overQueue(job, upgrade) : inPlace(job.concurrency, upgrade);
  return {
    prepare: async () => {},
    async create(campaignId, prefix, count) {
      const raw = rawTable(job.tables, TABLE);
      const ids = Array.from({ length: count }, (_, index) => organisationIdOf(prefix, index));
      organisations.set(campaignId, ids);
      for (let start = 0; start < count; start += 100) {
        const some = ids.slice(start, start + 100);
        const written = await raw.transact(
          campaignId,
          some.map((id) => ({ kind: "insert", row: `u|${id}`, cells: cellsOf(0, "scheduled") })),
        );
        some.forEach((id, index) => etags.set(id, written[index] ?? ""));
      }
    },
    run: (campaignId) => drive(campaignId, organisations.get(campaignId) ?? []),
    settle: async () => {},
  };
}

const cellsOf = (sequence: number, state: string) => ({ state, sequence, at: new Date().toISOString(), attempt: 1 });
const historyOf = (sequence: number, state: string) => ({ to: state, sequence, at: new Date().toISOString(), by: "w" });

function saver(job: Job, client: TableClient): Save {
  const raw = rawTable(job.tables, TABLE);
  const byContestant: Readonly<Record<Exclude<ContestantName, "ours">, Save>> = {
    "floor-write": ({ campaignId, id }, sequence, state, etag) =>
      raw.replace(campaignId, `u|${id}`, cellsOf(sequence, state), etag),
    "floor-egt": async ({ campaignId, id }, sequence, state, etag) => {
      const written = await raw.transact(campaignId, [
        { kind: "replace", row: `u|${id}`, cells: cellsOf(sequence, state), etag },
        { kind: "insert", row: `h|${id}|${sequence}`, cells: historyOf(sequence, state) },
      ]);
      return written[0] ?? "";
    },
    "floor-queue": (...args) => byContestant["floor-egt"](...args),
    "floor-sdk-egt": async ({ campaignId: partitionKey, id }, sequence, state, etag) => {
      const actions: TransactionAction[] = [
        ["update", { partitionKey, rowKey: `u|${id}`, ...cellsOf(sequence, state) }, "Replace", { etag }],
        ["create", { partitionKey, rowKey: `h|${id}|${sequence}`, ...historyOf(sequence, state) }],
      ];
      return (await client.submitTransaction(actions)).subResponses[0]?.etag ?? "";
    },
  };
  if (job.contestant === "ours") throw new Error("ours is no floor.");
  return byContestant[job.contestant];
}

function upgradeWith(controlPlane: Pool, save: Save) {
  const call = async (id: string, verb: StepVerb, operationId: string): Promise<boolean> => {
    const path = `/organisations/${id}/${verb}`;
    const answer = await controlPlane.request({ method: "POST", path, headers: { "operation-id": operationId } });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`POST ${path} was answered ${answer.statusCode}.`);
    const body: unknown = JSON.parse(text);
    return !(typeof body === "object" && body !== null && "status" in body && body.status === "Failed");
  };
  return async (of: { campaignId: string; id: string }, first: string): Promise<void> => {
    let etag = first;
    let steps: readonly StepVerb[] = SUCCESS_STEPS;
    let sequence = 0;
    for (let index = 0; index < steps.length; index++) {
      const verb = steps[index] ?? "verify";
      const isDone = await call(of.id, verb, `${of.campaignId}:${of.id}:${sequence}`);
      sequence += 1;
      const isLast = isDone && index === steps.length - 1;
      const end = steps === SUCCESS_STEPS ? "succeeded" : "rolledBack";
      etag = await save(of, sequence, isLast ? end : `${verb} ${isDone ? "done" : "failed"}`, etag);
      if (isDone) continue;
      steps = ROLL_BACK_STEPS;
      index = -1;
    }
  };
}

type Drive = (campaignId: string, ids: readonly string[]) => Promise<readonly number[]>;
type UpgradeOne = (campaignId: string, id: string) => Promise<void>;

/** At most `concurrency` at once, one after the other. */
function inPlace(concurrency: number, upgrade: UpgradeOne): Drive {
  return async (campaignId, ids) => {
    const times: number[] = [];
    const waiting = ids.values();
    const work = async (): Promise<void> => {
      for (const id of waiting) {
        const start = performance.now();
        await upgrade(campaignId, id);
        times.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return times;
  };
}

/** One message per organisation, its session the organisation. */
function overQueue(job: Job, upgrade: UpgradeOne): Drive {
  const client = new ServiceBusClient(job.bus);
  const sender = client.createSender(UPGRADE_QUEUE);
  let times: number[] = [];
  let expected = Number.POSITIVE_INFINITY;
  let allDone = Promise.withResolvers<void>();
  const pump = pumpSessions({
    client,
    queue: UPGRADE_QUEUE,
    concurrency: job.concurrency,
    sessionIdleMs: job.sessionIdleMs,
    handle: (message) => upgrade(String(message.applicationProperties?.["campaign"]), String(message.sessionId)),
    onCompleted: (_, ms) => {
      times.push(ms);
      if (times.length === expected) allDone.resolve();
    },
  });
  return async (campaignId, ids) => {
    times = [];
    expected = ids.length;
    allDone = Promise.withResolvers<void>();
    let batch = await sender.createMessageBatch();
    for (const id of ids) {
      const message = {
        body: { campaignId, organisationId: id },
        messageId: `${campaignId}:${id}`,
        sessionId: id,
        applicationProperties: { campaign: campaignId },
      };
      if (batch.tryAddMessage(message)) continue;
      await sender.sendMessages(batch);
      batch = await sender.createMessageBatch();
      if (!batch.tryAddMessage(message)) throw new Error("A message is too large for an empty batch.");
    }
    await sender.sendMessages(batch);
    await Promise.race([allDone.promise, pump.failed]);
    return times;
  };
}
