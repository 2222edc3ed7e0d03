// Throughput of the local Service Bus broker through the official SDK, in memory and durable. Broker and client are two
// processes, as in the local stack.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";

const QUEUES = ["one", "flight", "batch", "single", "hundred", "subscribe", "both"] as const;
const SESSION_QUEUES = ["sessions", "steps"] as const;

interface Broker {
  readonly process: ChildProcess;
  readonly client: ServiceBusClient;
  readonly stop: () => Promise<void>;
}

async function startBroker(dataDir: string | undefined, directory: string): Promise<Broker> {
  const file = join(directory, "queues.json");
  const properties = { lockDuration: "PT5M", maxSizeInMegabytes: 500 };
  const queues = [
    ...QUEUES.map((name) => ({ name, ...properties })),
    ...SESSION_QUEUES.map((name) => ({ name, ...properties, requiresSession: true })),
  ];
  await writeFile(file, JSON.stringify({ queues }));
  const storage = dataDir === undefined ? ["--in-memory"] : ["--data", dataDir];
  const args = ["--port", "0", "--management-port", "0", "--queues", file, ...storage];
  const main = new URL("../local/servicebus/main.ts", import.meta.url).href;
  const script = `import { runServiceBus } from ${JSON.stringify(main)}; await runServiceBus(${JSON.stringify(args)});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /ready on sb:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    const key = "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE";
    const client = new ServiceBusClient(`Endpoint=sb://localhost:${port};${key};UseDevelopmentEmulator=true;`);
    const stop = async (): Promise<void> => {
      await client.close();
      child.kill("SIGTERM");
      await once(child, "exit");
    };
    return { process: child, client, stop };
  }
  throw new Error("The broker did not become ready; its message is above.");
}

const body = { text: "x".repeat(1000) };
const messages = (count: number): { body: object }[] => Array.from({ length: count }, () => ({ body }));

/** Runs `work` on every item with so many at the same time. */
async function inFlight(limit: number, count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

async function fill(client: ServiceBusClient, queue: string, count: number): Promise<void> {
  const sender = client.createSender(queue);
  for (let sent = 0; sent < count; sent += 100) await sender.sendMessages(messages(100));
  await sender.close();
}

async function consume(client: ServiceBusClient, queue: string, count: number): Promise<void> {
  const receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
  let settled = 0;
  await new Promise<void>((resolve, reject) => {
    receiver.subscribe(
      {
        processMessage: async (message: ServiceBusReceivedMessage) => {
          await receiver.completeMessage(message);
          settled += 1;
          if (settled === count) resolve();
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls: 50, autoCompleteMessages: false },
    );
  });
  await receiver.close();
}

async function receiveInTurns(client: ServiceBusClient, queue: string, count: number, batch: number): Promise<void> {
  const receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
  for (let left = count; left > 0;) {
    const received = await receiver.receiveMessages(Math.min(batch, left), { maxWaitTimeInMs: 5000 });
    await Promise.all(received.map((message) => receiver.completeMessage(message)));
    left -= received.length;
  }
  await receiver.close();
}

async function workSessions(client: ServiceBusClient, sessions: number, each: number): Promise<void> {
  const work = async (): Promise<void> => {
    const receiver = await client.acceptNextSession("sessions", { maxAutoLockRenewalDurationInMs: 0 });
    for (let left = each; left > 0;) {
      const received = await receiver.receiveMessages(left, { maxWaitTimeInMs: 5000 });
      for (const message of received) await receiver.completeMessage(message);
      left -= received.length;
    }
    await receiver.close();
  };
  await inFlight(4, sessions, work);
}

async function sessionStep(client: ServiceBusClient): Promise<void> {
  const receiver = await client.acceptSession("steps", "s", { maxAutoLockRenewalDurationInMs: 0 });
  await receiver.close();
}

interface Case {
  readonly name: string;
  readonly operations: number;
  readonly prepare?: (client: ServiceBusClient) => Promise<void>;
  readonly run: (client: ServiceBusClient) => Promise<void>;
}

const sendAll = async (client: ServiceBusClient, queue: string, count: number, batch: number, limit: number) => {
  const sender = client.createSender(queue);
  const work = () => sender.sendMessages(batch === 1 ? { body } : messages(batch));
  await inFlight(limit, count / batch, work);
};

const CASES: readonly Case[] = [
  { name: "send, awaited one by one", operations: 2000, run: (client) => sendAll(client, "one", 2000, 1, 1) },
  { name: "send, 50 in flight", operations: 20_000, run: (client) => sendAll(client, "flight", 20_000, 1, 50) },
  { name: "send, batches of 100", operations: 30_000, run: (client) => sendAll(client, "batch", 30_000, 100, 1) },
  {
    name: "receive one, complete",
    operations: 2000,
    prepare: (client) => fill(client, "single", 2000),
    run: (client) => receiveInTurns(client, "single", 2000, 1),
  },
  {
    name: "receive 100, complete",
    operations: 10_000,
    prepare: (client) => fill(client, "hundred", 10_000),
    run: (client) => receiveInTurns(client, "hundred", 10_000, 100),
  },
  {
    name: "subscribe, 50 concurrent, complete",
    operations: 20_000,
    prepare: (client) => fill(client, "subscribe", 20_000),
    run: (client) => consume(client, "subscribe", 20_000),
  },
  {
    name: "send + receive + complete together",
    operations: 10_000,
    run: async (client) => {
      await Promise.all([sendAll(client, "both", 10_000, 1, 50), consume(client, "both", 10_000)]);
    },
  },
  {
    name: "sessions, 4 workers, complete",
    operations: 4000,
    prepare: async (client) => {
      const sender = client.createSender("sessions");
      for (let session = 0; session < 100; session += 1) {
        await sender.sendMessages(messages(40).map(() => ({ body, sessionId: `s${session}` })));
      }
    },
    run: (client) => workSessions(client, 100, 40),
  },
  {
    name: "session: accept by name, close",
    operations: 300,
    run: (client) => inFlight(1, 300, () => sessionStep(client)),
  },
];

interface Measured {
  readonly perSecond: number;
  /** Share of one core that the client used. */
  readonly clientCpu: number;
}

async function measure(client: ServiceBusClient, test: Case): Promise<Measured> {
  await test.prepare?.(client);
  const cpu = process.cpuUsage();
  const started = performance.now();
  await test.run(client);
  const ms = performance.now() - started;
  const used = process.cpuUsage(cpu);
  return { perSecond: (test.operations / ms) * 1000, clientCpu: (used.user + used.system) / 1000 / ms };
}

async function measureAll(durable: boolean): Promise<readonly Measured[]> {
  const directory = await mkdtemp(join(tmpdir(), "servicebus-bench-"));
  const broker = await startBroker(durable ? join(directory, "data") : undefined, directory);
  try {
    const results: Measured[] = [];
    for (const test of CASES) results.push(await measure(broker.client, test));
    return results;
  } finally {
    await broker.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

const perSecond = ({ perSecond: value }: Measured): string => Math.round(value).toLocaleString("en").padStart(12);
const share = ({ clientCpu }: Measured): string => `${Math.round(clientCpu * 100)} %`.padStart(11);

/** Median milliseconds of one small write with sync, as a durable answer needs it. */
async function medianSyncMs(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "servicebus-sync-"));
  const file = await open(join(directory, "file"), "w");
  const times: number[] = [];
  for (let round = 0; round < 101; round += 1) {
    const started = performance.now();
    await file.appendFile("x".repeat(1500));
    await file.datasync();
    times.push(performance.now() - started);
  }
  await file.close();
  await rm(directory, { recursive: true, force: true });
  return times.toSorted((a, b) => a - b)[50] ?? 0;
}

/** Measures every case in memory and durable and prints a table. */
export async function benchServiceBus(): Promise<void> {
  const [memory, durable] = [await measureAll(false), await measureAll(true)];
  console.log(`Service Bus broker, 1 KB JSON messages, official SDK; ${availableParallelism()} cores`);
  console.log(`load average ${loadavg()[0]?.toFixed(1)}; operations per second`);
  console.log(`${"".padEnd(40)}${"in memory".padStart(12)}${"durable".padStart(12)}${"client CPU".padStart(11)}`);
  for (const [index, { name }] of CASES.entries()) {
    const [inMemory, onDisk] = [memory[index], durable[index]];
    if (inMemory === undefined || onDisk === undefined) continue;
    console.log(`${name.padEnd(40)}${perSecond(inMemory)}${perSecond(onDisk)}${share(inMemory)}`);
  }
  console.log(
    "Client CPU is the share of one core in the in-memory run. Near 100 %: the client's SDK is the bound. Well below:\n" +
      "the round trip is (one-by-one cases), or the broker's core. Durable cases wait for the disk: one write with sync\n" +
      `takes ${(await medianSyncMs()).toFixed(2)} ms (median) here, shared by all operations that are in flight together.`,
  );
}

if (import.meta.main) await benchServiceBus();
