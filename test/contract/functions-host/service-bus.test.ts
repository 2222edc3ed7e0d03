// Service Bus triggers through the official SDK against the local broker, as measured on the real host.
import { ServiceBusClient, type ServiceBusMessage } from "@azure/service-bus";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";
import { eventually, runApp, type RunningApp } from "./fixture.ts";

const queue = (name: string, properties: object = {}) => ({
  name,
  lockDuration: "PT2S",
  maxDeliveryCount: 3,
  ...properties,
});
const NAMES = ["plain", "failing", "long", "metadata", "wide"];
const SESSION_NAMES = ["sessions", "ordered", "many", "expiring"];
const QUEUES = queuesFrom({
  queues: [...NAMES.map((name) => queue(name)), ...SESSION_NAMES.map((name) => queue(name, { requiresSession: true }))],
});

// Each app collects what it saw and answers with it.
const COLLECT = `
  const seen = [];
  app.http("seen", { handler: () => ({ jsonBody: seen }) });
  const on = (name, queueName, handler, extra = {}) =>
    app.serviceBusQueue(name, { connection: "BUS", queueName, handler, ...extra });
`;
const hostJson = (serviceBus: object = {}) => ({
  version: "2.0",
  extensions: { serviceBus: { sessionIdleTimeout: "00:00:00.300", ...serviceBus } },
});

let broker: Awaited<ReturnType<typeof startBroker>>;
let client: ServiceBusClient;
beforeAll(async () => {
  broker = await startBroker({ port: 0, managementPort: 0, queues: QUEUES });
  client = new ServiceBusClient(broker.connectionString);
});
afterAll(async () => {
  await client.close();
  await broker.stop();
});

const start = (source: string, serviceBus: object = {}): Promise<RunningApp> =>
  runApp(
    { source: COLLECT + source, hostJson: hostJson(serviceBus) },
    { settings: { BUS: broker.connectionString }, drainMs: 5000 },
  );

async function send(to: string, messages: ServiceBusMessage[]): Promise<void> {
  const sender = client.createSender(to);
  await sender.sendMessages(messages);
  await sender.close();
}

const seen = async (running: RunningApp): Promise<unknown[]> => {
  const body: unknown = await (await fetch(`${running.url}/api/seen`)).json();
  return Array.isArray(body) ? body : [];
};
const seenCount = (running: RunningApp, count: number, limitMs?: number): Promise<unknown[]> =>
  eventually(`${count} runs`, async () => ((await seen(running)).length >= count ? seen(running) : undefined), limitMs);

interface Counts {
  readonly [name: string]: unknown;
}
const counts = async (name: string): Promise<Counts> => {
  const list: unknown = await (await fetch(`http://127.0.0.1:${broker.managementPort}/queues`)).json();
  const rows: unknown = Array.isArray(list) ? list : Object(list).queues;
  const found: unknown = Array.isArray(rows) ? rows.find((row) => Object(row).name === name) : undefined;
  return Object(found);
};
const isEmpty = (name: string): Promise<true> =>
  eventually(`${name} to be empty`, async () => {
    const { active, locked, deadLettered } = await counts(name);
    return active === 0 && locked === 0 && deadLettered === 0;
  });

describe("a plain queue", () => {
  test("a message arrives parsed, with metadata, and is completed", async () => {
    const running = await start(`on("plain", "metadata", (message, context) => {
      seen.push({ message, metadata: context.triggerMetadata, name: context.functionName }); });`);
    await send("metadata", [{ body: { eventId: "e-1" }, messageId: "m-1" }]);
    const [first] = await seenCount(running, 1);
    expect(first).toMatchObject({
      message: { eventId: "e-1" },
      metadata: { messageId: "m-1", deliveryCount: 1, eventId: "e-1" },
    });
    await isEmpty("metadata");
    expect(running.lines.some((line) => line.includes("Trigger Details: MessageId: m-1"))).toBe(true);
  });

  test("a body's messageId replaces the broker's in the metadata", async () => {
    const running = await start(
      `on("plain", "plain", (m, context) => { seen.push(context.triggerMetadata.messageId); });`,
    );
    await send("plain", [{ body: { messageId: "spoofed" }, messageId: "real" }]);
    expect(await seenCount(running, 1)).toEqual(["spoofed"]);
    await isEmpty("plain");
  });

  test("text that is JSON is parsed, other text stays", async () => {
    const running = await start(`on("plain", "plain", (message) => { seen.push(message); });`);
    await send("plain", [{ body: 123 }]);
    expect(await seenCount(running, 1)).toEqual([123]);
    await send("plain", [{ body: Buffer.from("not json") }]);
    expect((await seenCount(running, 2))[1]).toBe("not json");
  });

  test("a failing message comes again at once with its count, then goes to the dead-letter queue", async () => {
    const running = await start(`on("failing", "failing", (m, context) => {
      seen.push(context.triggerMetadata.deliveryCount); throw new Error("no"); });`);
    await send("failing", [{ body: "x", messageId: "dead" }]);
    expect(await seenCount(running, 3)).toEqual([1, 2, 3]);
    await eventually("the dead letter", async () => (await counts("failing"))["deadLettered"] === 1);
    const dead = client.createReceiver("failing", { subQueueType: "deadLetter" });
    onTestFinished(() => dead.close());
    const [letter] = await dead.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    expect(letter?.deadLetterReason).toBe("MaxDeliveryCountExceeded");
    if (letter !== undefined) await dead.completeMessage(letter);
    expect(await seen(running)).toHaveLength(3);
  });

  test("a run longer than the lock keeps the message; it runs once", async () => {
    const running = await start(
      `on("long", "long", async () => { await new Promise((r) => setTimeout(r, 5000)); seen.push("done"); });`,
    );
    await send("long", [{ body: "x" }]);
    expect(await seenCount(running, 1)).toEqual(["done"]);
    await isEmpty("long");
    expect(await seen(running)).toEqual(["done"]);
  });

  test("maxConcurrentCalls bounds the runs at once", async () => {
    const running = await start(
      `let now = 0; let most = 0;
       on("wide", "wide", async () => { now += 1; most = Math.max(most, now); await new Promise((r) => setTimeout(r, 20));
         now -= 1; seen.push(most); });`,
      { maxConcurrentCalls: 3 },
    );
    await send(
      "wide",
      Array.from({ length: 30 }, (_, index) => ({ body: index })),
    );
    const all = await seenCount(running, 30);
    expect(Math.max(...all.map(Number))).toBe(3);
    await isEmpty("wide");
  });
});

describe("sessions", () => {
  const session = (sessionId: string, body: unknown): ServiceBusMessage => ({ sessionId, body });

  test("each session keeps its order, one message at a time; a failed one comes before its successors", async () => {
    const running = await start(
      `let failed = false; const busy = new Set();
       on("ordered", "ordered", async (n, context) => {
        const { sessionId } = context.triggerMetadata;
        if (busy.has(sessionId)) seen.push("overlap");
        busy.add(sessionId); await new Promise((r) => setTimeout(r, 5)); busy.delete(sessionId);
        seen.push(sessionId + n);
        if (sessionId === "a" && n === 2 && !failed) { failed = true; throw new Error("once"); } }, { isSessionsEnabled: true });`,
    );
    await send(
      "ordered",
      ["a", "b", "c"].flatMap((id) => [1, 2, 3].map((n) => session(id, n))),
    );
    const all = await seenCount(running, 10);
    expect(all.filter((one) => String(one).startsWith("a"))).toEqual(["a1", "a2", "a2", "a3"]);
    expect(all.filter((one) => String(one).startsWith("b"))).toEqual(["b1", "b2", "b3"]);
    expect(all).not.toContain("overlap");
    await isEmpty("ordered");
  });

  test("a third session waits for one of two slots until that was idle for the time-out", async () => {
    const running = await start(
      `on("sessions", "sessions", (n, context) => { seen.push({ id: context.triggerMetadata.sessionId, at: Date.now() }); },
        { isSessionsEnabled: true });`,
      { maxConcurrentSessions: 2, sessionIdleTimeout: "00:00:01" },
    );
    await send(
      "sessions",
      ["a", "b", "c"].map((id) => session(id, 1)),
    );
    const [first, second, third] = (await seenCount(running, 3)).map((one) => Object(one).at);
    expect(second - first).toBeLessThan(900);
    expect(third - first).toBeGreaterThanOrEqual(950);
    await isEmpty("sessions");
  });

  test("a session whose lock ends during a run is taken again, its message comes with the next count", async () => {
    const running = await start(
      `on("expiring", "expiring", async (n, context) => {
        const { deliveryCount } = context.triggerMetadata;
        if (deliveryCount === 1) await new Promise((r) => setTimeout(r, 3000));
        seen.push(deliveryCount); }, { isSessionsEnabled: true });`,
      { maxAutoLockRenewalDuration: "00:00:00" },
    );
    await send("expiring", [session("x", 1)]);
    expect((await seenCount(running, 2)).map(Number).toSorted((a, b) => a - b)).toEqual([1, 2]);
    await isEmpty("expiring");
  });

  test("fifty sessions are handled at once", async () => {
    // Each run waits until all fifty are there.
    const running = await start(
      `let now = 0; let open; const gate = new Promise((r) => { open = r; });
       on("many", "many", async (n) => { now += 1; if (now === 50) open(); await gate; seen.push(n); },
         { isSessionsEnabled: true });`,
      { maxConcurrentSessions: 50 },
    );
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    await send(
      "many",
      numbers.map((index) => session(`s-${index}`, index)),
    );
    expect((await seenCount(running, 50)).map(Number).toSorted((a, b) => a - b)).toEqual(numbers);
    await isEmpty("many");
  });
});
