import { ServiceBusClient, type ServiceBusReceiver } from "@azure/service-bus";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import { azureBus } from "../../../shared/platform/bus/azure-bus.ts";
import { busSuite, PLAIN_QUEUE, type Received, SESSION_QUEUE } from "./bus.suite.ts";
import { listen } from "../../support/listen.ts";

const queues = [
  { name: SESSION_QUEUE, requiresSession: true, requiresDuplicateDetection: true },
  { name: PLAIN_QUEUE, requiresDuplicateDetection: true },
];

busSuite("Azure Service Bus (local broker)", async () => {
  const broker = await startBroker({ port: 0, queues: queuesFrom({ queues }) });
  const bus = azureBus({ connectionString: broker.connectionString });
  const client = new ServiceBusClient(broker.connectionString);
  const open = (sessionId: string | undefined): Promise<ServiceBusReceiver> =>
    sessionId === undefined
      ? Promise.resolve(client.createReceiver(PLAIN_QUEUE))
      : client.acceptSession(SESSION_QUEUE, sessionId);
  return {
    bus,
    now: () => Date.now(),
    take: async (sessionId, count, withinMs) => {
      const receiver = await open(sessionId);
      const taken: Received[] = [];
      const end = Date.now() + withinMs;
      while (taken.length < count && Date.now() < end) {
        const some = await receiver.receiveMessages(count - taken.length, { maxWaitTimeInMs: end - Date.now() });
        for (const message of some) {
          await receiver.completeMessage(message);
          const body: unknown = message.body;
          taken.push({ messageId: String(message.messageId), body });
        }
      }
      await receiver.close();
      return taken;
    },
    stop: async () => {
      await bus.close();
      await client.close();
      await broker.stop();
    },
  };
});

const messages = [{ body: {}, messageId: "m", sessionId: "s" }];

test("nobody at the address is a TransientFailure within the time limit", async () => {
  const connectionString =
    "Endpoint=sb://localhost:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;";
  const bus = azureBus({ connectionString, timeoutMs: 3000 });
  const started = performance.now();
  await expect(bus.send("q", messages)).rejects.toThrow(TransientFailure);
  expect(performance.now() - started).toBeLessThan(4000);
  await bus.close();
});

test("somebody who never answers is a TransientFailure within the time limit, and closing ends too", async () => {
  const silent = createServer();
  const port = await listen(silent);
  const key = "SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;";
  const bus = azureBus({ connectionString: `Endpoint=sb://localhost:${port};${key}`, timeoutMs: 500 });
  await expect(bus.send("q", messages)).rejects.toThrow(/longer than 500 ms/);
  const closed = bus.close().catch((error: unknown) => error);
  expect(await closed).toSatisfy((outcome) => outcome === undefined || outcome instanceof TransientFailure);
  silent.close();
});

test("after somebody who never answered, the next call goes over a connection of its own", async () => {
  const silent = createServer();
  const port = await listen(silent);
  const key =
    "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";
  const bus = azureBus({ connectionString: `Endpoint=sb://127.0.0.1:${port};${key}`, timeoutMs: 2000 });
  await expect(bus.send(PLAIN_QUEUE, [{ body: {}, messageId: "lost" }])).rejects.toThrow(/longer than 2000 ms/);
  // Takes no new connection; the one that hangs stays open, as with a process that is stopped.
  silent.close();
  const broker = await startBroker({ port, queues: queuesFrom({ queues }) });
  await bus.send(PLAIN_QUEUE, [{ body: {}, messageId: "arrives" }]);
  await bus.close();
  await broker.stop();
});
