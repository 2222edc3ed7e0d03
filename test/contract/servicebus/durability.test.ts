import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ServiceBusClient } from "@azure/service-bus";
import { afterEach, describe, expect, test } from "vitest";
import { clientOptions, eventually, figuresOf, isEmpty, take, takeOne } from "./support.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "servicebus-test-"));
  cleanUp.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const QUEUES = {
  q: { maxDeliveryCount: 5 },
  s: { requiresSession: true },
  d: { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: "PT1M" },
};

interface Child {
  readonly process: ChildProcess;
  readonly connectionString: string;
  readonly managementPort: number;
}

/** The broker as a process of its own, so that it can be killed. */
async function startChild(dataDir: string): Promise<Child> {
  const file = `${dataDir}.json`;
  const queues = Object.entries(QUEUES).map(([name, properties]) => ({ name, ...properties }));
  await writeFile(file, JSON.stringify({ queues }));
  cleanUp.push(() => rm(file, { force: true }));
  const main = new URL("../../../local/servicebus/main.ts", import.meta.url).href;
  const options = ["--port", "0", "--management-port", "0", "--queues", file, "--data", dataDir];
  const script = `import { runServiceBus } from ${JSON.stringify(main)}; await runServiceBus(${JSON.stringify(options)});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanUp.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /ready on sb:\/\/127\.0\.0\.1:(\d+) \(management http:\/\/127\.0\.0\.1:(\d+)\)/.exec(line);
    if (match === null) continue;
    const endpoint = `Endpoint=sb://localhost:${match[1]};SharedAccessKeyName=RootManageSharedAccessKey`;
    const connectionString = `${endpoint};SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
    return { process: child, connectionString, managementPort: Number(match[2]) };
  }
  throw new Error("The broker did not become ready.");
}

async function kill(child: Child): Promise<void> {
  child.process.kill("SIGKILL");
  await once(child.process, "exit");
}

function connectTo(connectionString: string): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, clientOptions);
  cleanUp.push(() => client.close());
  return client;
}

describe("after kill -9", () => {
  test("everything that was accepted is still there, in every state", async () => {
    const data = await directory();
    const first = await startChild(data);
    const client = connectTo(first.connectionString);
    const sender = client.createSender("q");
    await sender.sendMessages(["dead", "done", "abandoned", "locked", "active"].map((body) => ({ body })));
    await sender.scheduleMessages({ body: "scheduled" }, new Date(Date.now() + 3_600_000));
    const receiver = client.createReceiver("q");
    for (let attempt = 0; attempt < 5; attempt += 1) await receiver.abandonMessage(await takeOne(receiver));
    await receiver.completeMessage(await takeOne(receiver));
    for (const _ of [1, 2]) await receiver.abandonMessage(await takeOne(receiver));
    const [heldAbandoned, locked] = await take(receiver, 2);
    expect([heldAbandoned?.body, locked?.body]).toEqual(["abandoned", "locked"]);
    await client.createSender("d").sendMessages({ body: 1, messageId: "once" });
    const sessionSender = client.createSender("s");
    await sessionSender.sendMessages([1, 2].map((body) => ({ body, sessionId: "a" })));
    await kill(first);

    const second = await startChild(data);
    const again = connectTo(second.connectionString);
    const figures = await figuresOf({ ...second, port: 0, stop: async () => {} }, "q");
    expect(figures).toMatchObject({ active: 3, locked: 0, scheduled: 1, deadLettered: 1 });
    const after = again.createReceiver("q");
    const messages = await take(after, 3);
    expect(messages.map(({ body, deliveryCount }) => [body as string, deliveryCount])).toEqual([
      ["abandoned", 3], // twice abandoned, once locked when the broker died
      ["locked", 1],
      ["active", 0],
    ]);
    const letter = await takeOne(again.createReceiver("q", { subQueueType: "deadLetter" }));
    expect(letter).toMatchObject({ body: "dead", deadLetterReason: "MaxDeliveryCountExceeded" });
    await again.createSender("q").sendMessages({ body: "new" });
    expect((await takeOne(after)).sequenceNumber?.toNumber()).toBeGreaterThan(6);
    await again.createSender("d").sendMessages({ body: 2, messageId: "once" });
    expect((await take(again.createReceiver("d"), 1)).map(({ body }) => body as number)).toEqual([1]);
    expect(await isEmpty(again.createReceiver("d"))).toBe(true);
    const sessionAgain = await again.acceptNextSession("s");
    expect((await take(sessionAgain, 2)).map(({ body }) => body as number)).toEqual([1, 2]);
  });

  test("no accepted message is lost when the broker dies under load", async () => {
    const data = await directory();
    const first = await startChild(data);
    const sender = connectTo(first.connectionString).createSender("q");
    const accepted = new Set<number>();
    const state = { next: 0, dead: false };
    const send = async (): Promise<void> => {
      while (!state.dead) {
        const body = state.next;
        state.next += 1;
        try {
          await sender.sendMessages({ body });
          accepted.add(body);
        } catch {
          return; // The broker is dead: this message was not accepted.
        }
      }
    };
    for (let worker = 0; worker < 20; worker += 1) void send();
    await eventually(async () => accepted.size > 1000);
    await kill(first);
    // Nothing is accepted any more; the workers end when the SDK gives up.
    state.dead = true;
    const second = await startChild(data);
    const receiver = connectTo(second.connectionString).createReceiver("q");
    const received = new Set<number>();
    let count = 0;
    for (let more = true; more;) {
      const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 500 });
      for (const message of messages) received.add(message.body);
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      count += messages.length;
      more = messages.length > 0;
    }
    expect([...accepted].filter((body) => !received.has(body))).toEqual([]);
    expect(count).toBe(received.size);
  });
});
