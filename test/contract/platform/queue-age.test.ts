import { ServiceBusClient } from "@azure/service-bus";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesFrom } from "../../../local/servicebus/queues.ts";
import { azureQueueAge } from "../../../shared/platform/bus/azure-bus.ts";
import { listen } from "../../support/listen.ts";

test.each([
  ["upgrade-steps", { sessionId: "s" }],
  ["functional-checks", {}],
])("what waits in %s is seen without being taken; what is scheduled does not wait", async (queue, session) => {
  const broker = await startBroker({ port: 0, queues: queuesFrom() });
  const client = new ServiceBusClient(broker.connectionString);
  onTestFinished(() => client.close().then(() => broker.stop()));
  const look = azureQueueAge({ connectionString: broker.connectionString });
  const sender = client.createSender(queue);
  await sender.scheduleMessages({ body: 1, ...session }, new Date(Date.now() + 3_600_000));
  expect(await look.waitingSince(queue)).toBeUndefined();
  const before = Date.now();
  await sender.sendMessages({ body: 2, ...session });
  const since = await look.waitingSince(queue);
  expect(since).toBeGreaterThanOrEqual(before - 1000);
  expect(await look.waitingSince(queue)).toBe(since);
});

test("a bus that never answers fails within the limit, and the next look goes over a connection of its own", async () => {
  const silent = createServer();
  const port = await listen(silent);
  const key =
    "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";
  const look = azureQueueAge({ connectionString: `Endpoint=sb://127.0.0.1:${port};${key}` });
  await expect(look.waitingSince("functional-checks")).rejects.toThrow();
  silent.close();
  const broker = await startBroker({ port, queues: queuesFrom() });
  onTestFinished(() => broker.stop());
  expect(await look.waitingSince("functional-checks")).toBeUndefined();
});
