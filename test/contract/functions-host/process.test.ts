// The host as a process: start errors, signals, crashes, and a bus that dies and comes back.
import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { describe, expect, onTestFinished, test } from "vitest";
import { brokerProcess, functionsProcess, type Child } from "./child.ts";
import { buildFixture, eventually, type Fixture } from "./fixture.ts";

async function fixtureOf(source: string, hostJson?: object | string): Promise<Fixture> {
  const fixture = await buildFixture({ source, ...(hostJson === undefined ? {} : { hostJson }) });
  onTestFinished(() => fixture.remove());
  return fixture;
}

const argsOf = (fixture: Fixture, port = 0): string[] => [
  "--app",
  fixture.appRoot,
  "--data",
  fixture.dataDir,
  "--port",
  String(port),
];

const ready = async (child: Child): Promise<string> => {
  const [, url = ""] = await child.printed(/functions ready on (http:\S+) \(\d+ functions, \d+ in error\)/u);
  return url;
};

const HTTP = `app.http("ok", { handler: () => ({ body: process.env.FROM_FILE ?? "unset" }) });`;

describe("start", () => {
  test("prints one ready line and serves; the environment wins over local.settings.json", async () => {
    const fixture = await fixtureOf(`${HTTP} app.timer("bad", { schedule: "x", handler: () => {} });`);
    const { writeFileSync } = await import("node:fs");
    const file = join(fixture.appRoot, "local.settings.json");
    writeFileSync(file, JSON.stringify({ Values: { FROM_FILE: "file" } }));
    const child = functionsProcess(argsOf(fixture));
    const url = await ready(child);
    expect(child.text()).toContain("(2 functions, 1 in error)");
    expect(await (await fetch(`${url}/api/ok`)).text()).toBe("file");
    const other = functionsProcess([...argsOf(fixture), "--settings", file], { FROM_FILE: "environment" });
    expect(await (await fetch(`${await ready(other)}/api/ok`)).text()).toBe("environment");
  });

  test.each<[string, string, object | string | undefined, string]>([
    ["host.json that is no JSON", HTTP, "{", "is not valid JSON"],
    ["host.json of another version", HTTP, { version: "3.0" }, `version must be "2.0"`],
    [
      "a bad value in host.json",
      HTTP,
      { version: "2.0", extensions: { serviceBus: { maxConcurrentCalls: "x" } } },
      "extensions.serviceBus.maxConcurrentCalls Invalid input: expected number, received string",
    ],
    [
      "an app that throws while it is loaded",
      `throw new Error("broken app");`,
      undefined,
      "could not be loaded: broken app",
    ],
    [
      "an unknown trigger",
      `app.storageQueue("q", { connection: "X", queueName: "q", handler: () => {} });`,
      undefined,
      "'q' has the binding type 'queueTrigger'",
    ],
    ["an app that streams HTTP", `app.setup({ enableHttpStream: true }); ${HTTP}`, undefined, "the app streams HTTP"],
    ["a hook", `app.hook.preInvocation(() => {}); ${HTTP}`, undefined, `does not support the hook "preInvocation"`],
    [
      "a retry policy",
      `app.timer("t", { schedule: "0 * * * * *", retry: { strategy: "fixedDelay", delayInterval: 100, maxRetryCount: 2 }, handler: () => {} });`,
      undefined,
      "'t' has a retry policy, which this host does not support",
    ],
  ])("%s ends with code 1 and one sentence", async (_what, source, hostJson, sentence) => {
    const child = functionsProcess(argsOf(await fixtureOf(source, hostJson)));
    expect(await child.exited()).toBe(1);
    const last = child.text().trim().split("\n").at(-1);
    expect(last).toMatch(/^functions: /u);
    expect(last).toContain(sentence);
  });

  test("a port in use ends with code 1 and one sentence", async () => {
    const holder = createServer();
    const port = await new Promise<number>((done) => {
      holder.listen(0, "127.0.0.1", () => done(Object(holder.address()).port));
    });
    onTestFinished(() => void holder.close());
    const child = functionsProcess(argsOf(await fixtureOf(HTTP), port));
    expect(await child.exited()).toBe(1);
    expect(child.text().trim()).toBe(
      `functions: port ${port} on 127.0.0.1 is in use. End the program that holds it or choose another port with --port.`,
    );
  });
});

describe("end", () => {
  test("SIGTERM: a running request is answered, appTerminate runs, then code 0", async () => {
    const source = `
      let arrived = () => {};
      app.hook.appTerminate(() => { console.log("terminating"); });
      app.http("slow", { handler: async () => { console.log("arrived"); await new Promise((r) => setTimeout(r, 700)); return { body: "finished" }; } });`;
    const child = functionsProcess(argsOf(await fixtureOf(source)));
    const url = await ready(child);
    const answer = fetch(`${url}/api/slow`).then((response) => response.text());
    await child.printed(/info Host\.Function\.Console arrived/u);
    const asked = Date.now();
    // As a supervisor in a terminal: several signals for one stop.
    for (const signal of ["SIGINT", "SIGTERM", "SIGTERM"] as const) child.process.kill(signal);
    expect(await answer).toBe("finished");
    expect(await child.exited()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect(child.text()).toContain("Host.Function.Console terminating");
  });

  test.each([
    [
      "a floating rejection",
      `Promise.reject(new Error("floating"))`,
      /Worker process exits \(code 1\): unhandled rejection in the app: .*floating/u,
    ],
    [
      "an uncaught exception",
      `setTimeout(() => { throw new Error("late"); })`,
      /Worker process exits \(code 1\): uncaught exception in the app: .*late/u,
    ],
  ])("%s ends the process with code 1 and says why", async (_what, statement, line) => {
    const child = functionsProcess(
      argsOf(await fixtureOf(`app.http("crash", { handler: () => { ${statement}; return {}; } });`)),
    );
    const url = await ready(child);
    await fetch(`${url}/api/crash`).catch(() => undefined);
    expect(await child.exited()).toBe(1);
    expect(child.text()).toMatch(line);
  });

  test("a function above functionTimeout ends the process with code 1", async () => {
    const source = `app.http("hangs", { handler: () => new Promise(() => {}) });`;
    const child = functionsProcess(argsOf(await fixtureOf(source, { version: "2.0", functionTimeout: "00:00:01" })));
    const url = await ready(child);
    await fetch(`${url}/api/hangs`).catch(() => undefined);
    expect(await child.exited()).toBe(1);
    expect(child.text()).toMatch(
      /critical Host\.General Timeout value of 00:00:01 exceeded by function 'Functions\.hangs'/u,
    );
  });
});

describe("the bus", () => {
  const BUS_APP = `
    const seen = [];
    app.http("seen", { handler: () => ({ jsonBody: seen }) });
    app.serviceBusQueue("work", { connection: "BUS", queueName: "work", isSessionsEnabled: true, handler: (m) => { seen.push(m); } });
    app.serviceBusQueue("plain", { connection: "BUS", queueName: "plain", handler: (m) => { seen.push(m); } });
    app.serviceBusQueue("nowhere", { connection: "NOPE", queueName: "plain", handler: () => {} });`;
  const hostJson = {
    version: "2.0",
    extensions: {
      serviceBus: {
        sessionIdleTimeout: "00:00:00.200",
        clientRetryOptions: { tryTimeout: "00:00:10" },
      },
    },
  };

  const seenAll = (url: string, expected: readonly string[]): Promise<true> =>
    eventually(
      `${expected.join()} at ${url}`,
      async () => {
        const list: unknown = await (await fetch(`${url}/api/seen`)).json();
        return Array.isArray(list) && expected.every((one) => list.includes(one)) ? true : undefined;
      },
      45_000,
    );

  async function send(connection: string, text: string): Promise<void> {
    const client = new ServiceBusClient(connection);
    await client.createSender("work").sendMessages({ body: `work ${text}`, sessionId: "s" });
    await client.createSender("plain").sendMessages({ body: `plain ${text}` });
    await client.close();
  }

  test("a missing connection stops only its function; a killed broker and one that starts late are recovered from", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "broker-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const first = brokerProcess(0, dataDir);
    const [, port = "", connection = ""] = await first.printed(/broker on (\d+) (\S+)/u);
    const child = functionsProcess(argsOf(await fixtureOf(BUS_APP, hostJson)), { BUS: connection });
    const url = await ready(child);
    await child.printed(/The listener for function 'Functions\.nowhere' was unable to start: .*'NOPE' does not exist/u);
    await send(connection, "one");
    await seenAll(url, ["work one", "plain one"]);

    first.process.kill("SIGKILL");
    await first.exited();
    await child.printed(/The listener for function '(?:plain|work)' meets an error and recovers/u);
    const second = brokerProcess(Number(port), dataDir);
    await second.printed(/broker on/u);
    await send(connection, "two");
    await seenAll(url, ["work two", "plain two"]);

    // Gracefully this time: the broker closes its connections by amqp:connection:forced.
    second.process.kill("SIGTERM");
    await second.exited();
    await brokerProcess(Number(port), dataDir).printed(/broker on/u);
    await send(connection, "three");
    await seenAll(url, ["work three", "plain three"]);

    child.process.kill("SIGTERM");
    expect(await child.exited()).toBe(0);
    expect(child.text()).not.toContain("SharedAccessKey");
  });

  test("SIGTERM lets a running message finish and completes it", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "broker-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const [, , connection = ""] = await brokerProcess(0, dataDir).printed(/broker on (\d+) (\S+)/u);
    const source = `app.serviceBusQueue("plain", { connection: "BUS", queueName: "plain", handler: async () => {
      console.log("began"); await new Promise((r) => setTimeout(r, 1000)); console.log("ended"); } });`;
    const child = functionsProcess(argsOf(await fixtureOf(source, hostJson)), { BUS: connection });
    await ready(child);
    await send(connection, "last");
    await child.printed(/Console began/u);
    child.process.kill("SIGTERM");
    expect(await child.exited()).toBe(0);
    expect(child.text()).toContain("Console ended");
    const client = new ServiceBusClient(connection);
    onTestFinished(() => client.close());
    expect(await client.createReceiver("plain").peekMessages(10)).toEqual([]);
  });
});
