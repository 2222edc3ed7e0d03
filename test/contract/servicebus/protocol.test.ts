import type { ServiceBusMessage } from "@azure/service-bus";
import type { Connection, Receiver } from "rhea";
import { afterEach, describe, expect, test } from "vitest";
import { connect, next, putToken, tokenFor } from "./raw-client.ts";
import { eventually, takeOne, useBroker } from "./support.ts";

const bench = useBroker();
let connections: Connection[] = [];
afterEach(() => {
  for (const connection of connections) connection.close();
  connections = [];
});

function open(): Connection {
  const connection = connect(bench.broker().port);
  connections.push(connection);
  return connection;
}

async function openAuthorized(): Promise<Connection> {
  const connection = open();
  const answer = await putToken(connection, tokenFor("sb://localhost/q"));
  expect(answer.applicationProperties["status-code"]).toBe(202);
  return connection;
}

/** A link to a queue with these messages, without credit. */
async function receiverOf(messages: ServiceBusMessage[]) {
  const queue = bench.queue("plain");
  await bench.client().createSender(queue).sendMessages(messages);
  const connection = await openAuthorized();
  return { queue, receiver: connection.open_receiver({ source: queue, credit_window: 0, autoaccept: false }) };
}

function nextMessage(receiver: Receiver) {
  const message = next(receiver, "message");
  receiver.add_credit(1);
  return message;
}

describe("the protocol beyond the SDK", () => {
  test("no link is attached before a token was put", async () => {
    const receiver = open().open_receiver(bench.queue("plain"));
    const { receiver: closed } = await next(receiver, "receiver_error");
    expect(closed?.error).toMatchObject({ condition: "amqp:unauthorized-access" });
  });

  test("a bad token is answered with 401 and opens nothing", async () => {
    const connection = open();
    const answer = await putToken(connection, tokenFor("sb://localhost/q", "WRONG"));
    expect(answer.applicationProperties).toMatchObject({ "status-code": 401 });
    const sender = connection.open_sender(bench.queue("plain"));
    const { sender: closed } = await next(sender, "sender_error");
    expect(closed?.error).toMatchObject({ condition: "amqp:unauthorized-access" });
  });

  test("a drain is answered also when the last credit was just used", async () => {
    const { receiver } = await receiverOf([{ body: 1 }]);
    await next(receiver, "receiver_open");
    await nextMessage(receiver);
    const drained = next(receiver, "receiver_drained");
    receiver.drain_credit();
    await drained;
  });

  test("credit that is given with the attach is served after it", async () => {
    const { receiver } = await receiverOf([{ body: 1 }]);
    const order: string[] = [];
    receiver.on("receiver_open", () => order.push("open"));
    receiver.on("message", () => order.push("message"));
    receiver.add_credit(5);
    await eventually(async () => order.length === 2);
    expect(order).toEqual(["open", "message"]);
  });

  test("a message that is no AMQP is rejected, and the link goes on", async () => {
    const queue = bench.queue("plain");
    const connection = await openAuthorized();
    const sender = connection.open_sender(queue);
    await next(sender, "sendable");
    const rejected = next(sender, "rejected");
    sender.send(Buffer.from("no sections"), "tag", 0);
    const { delivery } = await rejected;
    expect(delivery?.remote_state?.["error"]).toMatchObject({ condition: "amqp:decode-error" });
    const accepted = next(sender, "accepted");
    sender.send({ body: "fine" });
    await accepted;
    expect((await takeOne(bench.client().createReceiver(queue))).body).toBe("fine");
  });

  test("a released message comes back", async () => {
    const { receiver, queue } = await receiverOf([{ body: 1 }]);
    const { delivery } = await nextMessage(receiver);
    delivery?.release();
    expect((await takeOne(bench.client().createReceiver(queue))).deliveryCount).toBe(1);
  });

  test("settling a message twice changes nothing the second time", async () => {
    const { receiver, queue } = await receiverOf([{ body: 1 }, { body: 2 }]);
    const { delivery } = await nextMessage(receiver);
    delivery?.accept();
    delivery?.accept();
    await eventually(async () => (await bench.figures(queue)).settlements === 1);
    expect(await bench.figures(queue)).toMatchObject({ active: 1, locked: 0, settlements: 1 });
  });
});
