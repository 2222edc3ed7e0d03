import { connect, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { startBroker } from "../../../local/servicebus/broker.ts";
import { queuesOf, eventually, figuresOf, takeOne, useBroker } from "./support.ts";
import { listen } from "../../support/listen.ts";

const bench = useBroker();

describe("refusals", () => {
  test("an unknown queue is not found, for sending and for receiving", async () => {
    const client = bench.client();
    await expect(client.createSender("nowhere").sendMessages({ body: 1 })).rejects.toMatchObject({
      code: "MessagingEntityNotFound",
    });
    await expect(client.createReceiver("nowhere").receiveMessages(1)).rejects.toMatchObject({
      code: "MessagingEntityNotFound",
    });
  });

  test("a wrong key is not authorised", async () => {
    const wrong = bench.broker().connectionString.replace("SAS_KEY_VALUE", "ANOTHER_KEY");
    await expect(
      bench.client(wrong).createSender(bench.queue("plain")).sendMessages({ body: 1 }),
    ).rejects.toMatchObject({
      code: "UnauthorizedAccess",
    });
  });

  test("a message above the size limit is refused and the sender stays usable", async () => {
    const { sender, receiver } = bench.open("plain");
    for (const bytes of [300_000, 5_000_000]) {
      await expect(sender.sendMessages({ body: Buffer.alloc(bytes) })).rejects.toMatchObject({
        code: "MessageSizeExceeded",
      });
    }
    await sender.sendMessages({ body: "small" });
    expect((await takeOne(receiver)).body).toBe("small");
  });

  test("a full queue takes nothing more until something is received", async () => {
    const { queue, sender, receiver } = bench.open("small");
    const body = Buffer.alloc(250_000);
    for (let message = 0; message < 4; message += 1) await sender.sendMessages({ body });
    await expect(sender.sendMessages({ body })).rejects.toMatchObject({ code: "QuotaExceeded" });
    await receiver.completeMessage(await takeOne(receiver));
    await sender.sendMessages({ body });
    expect((await bench.figures(queue)).active).toBe(4);
  });

  test("a batch is taken as a whole or not at all", async () => {
    const { queue, sender } = bench.open("session");
    await expect(sender.sendMessages([{ body: 1, sessionId: "s" }, { body: 2 }])).rejects.toThrow(/requires sessions/);
    expect((await bench.figures(queue)).active).toBe(0);
  });

  test("a session queue has no receivers without session", async () => {
    const client = bench.client();
    await expect(client.createReceiver(bench.queue("session")).receiveMessages(1)).rejects.toThrow(
      /entity that requires sessions/,
    );
  });

  test("a queue without sessions has no session receivers", async () => {
    const client = bench.client();
    const queue = bench.queue("plain");
    await expect(client.acceptNextSession(queue)).rejects.toThrow(/does not require sessions/);
    await expect(client.acceptSession(queue, "s")).rejects.toThrow();
  });

  test("nothing can be sent to a dead-letter queue", async () => {
    const sender = bench.client().createSender(`${bench.queue("plain")}/$deadletterqueue`);
    await expect(sender.sendMessages({ body: 1 })).rejects.toThrow(/dead-letter queue/);
  });
});

describe("connections", () => {
  test("bytes that are not AMQP end that connection only", async () => {
    const { port } = bench.broker();
    const closed = new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      socket.on("error", () => {});
      socket.on("close", resolve);
      socket.resume();
    });
    await closed;
    const { sender, receiver } = bench.open("plain");
    await sender.sendMessages({ body: 1 });
    expect((await takeOne(receiver)).body).toBe(1);
  });

  test("a connection that is cut frees its session and withdraws its waiting receivers", async () => {
    const sockets = new Set<Socket>();
    const proxy = createServer((inside) => {
      const outside = connect(bench.broker().port, "127.0.0.1");
      for (const socket of [inside, outside]) {
        sockets.add(socket);
        socket.on("error", () => {});
      }
      inside.pipe(outside).pipe(inside);
    });
    const port = await listen(proxy);
    const [held, awaited] = [bench.queue("session"), bench.queue("session")];
    const through = bench.client(bench.broker().connectionString.replace(/:\d+;/, `:${port};`));
    await through.acceptSession(held, "a");
    const lost = through.acceptNextSession(awaited).catch((error: unknown) => error);
    await eventually(async () => (await bench.figures(awaited)).waiting === 1);
    for (const socket of sockets) socket.resetAndDestroy();
    proxy.close();
    await eventually(async () => (await bench.figures(awaited)).waiting === 0);
    expect((await bench.client().acceptSession(held, "a")).sessionId).toBe("a");
    expect(await lost).toBeInstanceOf(Error);
  });

  test("a stop tells the clients, and they go on with the next broker at the same port", async () => {
    const queues = queuesOf({ q: {} });
    const first = await startBroker({ port: 0, queues });
    const { port } = first;
    const client = bench.client(first.connectionString);
    const sender = client.createSender("q");
    await sender.sendMessages({ body: 1 });
    const received: unknown[] = [];
    client.createReceiver("q").subscribe({
      processMessage: async ({ body }) => {
        received.push(body);
      },
      processError: async () => {},
    });
    await eventually(async () => received.length === 1);
    await first.stop();
    const second = await startBroker({ port, queues });
    await eventually(async () => {
      await sender.sendMessages({ body: 2 }).catch(() => {});
      return received.length >= 2;
    });
    expect(received.slice(0, 2)).toEqual([1, 2]);
    await client.close();
    await second.stop();
  });

  test("a stop ends while clients are connected and waiting, within its time", async () => {
    const broker = await startBroker({ port: 0, queues: queuesOf({ q: {}, s: { requiresSession: true } }) });
    const client = bench.client(broker.connectionString);
    const waiting = client.acceptNextSession("s").catch((error: unknown) => error);
    await eventually(async () => (await figuresOf(broker, "s")).waiting === 1);
    const started = Date.now();
    await broker.stop();
    expect(Date.now() - started).toBeLessThan(3000);
    expect(await waiting).toBeInstanceOf(Error);
  });
});

describe("management server", () => {
  test("answers health as the official emulator does", async () => {
    const response = await fetch(`http://127.0.0.1:${bench.broker().managementPort}/health`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "healthy", message: "Service is healthy." });
  });

  test("says what it does not serve", async () => {
    const base = `http://127.0.0.1:${bench.broker().managementPort}`;
    expect((await fetch(`${base}/other`)).status).toBe(404);
    const post = await fetch(`${base}/queues`, { method: "POST", body: "x" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET"]);
  });
});
