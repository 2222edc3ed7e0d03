// A broker that is stopped (SIGSTOP) and goes on later: its connections stay open, and nothing on them is answered. Every
// wait of the host has a limit of its own, so that its listeners go on without a restart.
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { onTestFinished, test } from "vitest";
import { eventually, runApp } from "./fixture.ts";

const MAIN = new URL("../../../local/servicebus/main.ts", import.meta.url).href;
const KEY = "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";
const queue = (name: string, requiresSession: boolean) => ({ name, lockDuration: "PT5S", requiresSession });

async function brokerProcess() {
  const file = join(mkdtempSync(join(tmpdir(), "hang-")), "queues.json");
  writeFileSync(file, JSON.stringify({ queues: [queue("plain", false), queue("sessions", true)] }));
  const args = ["--port", "0", "--management-port", "0", "--in-memory", "--queues", file];
  const script = `import { runServiceBus } from ${JSON.stringify(MAIN)}; await runServiceBus(${JSON.stringify(args)});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const port = await eventually("the broker", () => /sb:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
  return { child, connectionString: `Endpoint=sb://localhost:${port};${KEY}` };
}

const SOURCE = `
  // By id: what could not be completed during the hang comes twice, as everywhere.
  const seen = new Set();
  app.http("seen", { handler: () => ({ jsonBody: seen.size }) });
  const handler = async (message) => { seen.add(message); };
  app.serviceBusQueue("plain", { connection: "BUS", queueName: "plain", handler });
  app.serviceBusQueue("sessions", { connection: "BUS", queueName: "sessions", isSessionsEnabled: true, handler });`;

test("after a hang longer than every limit both kinds of queues are received from again", async () => {
  const { child, connectionString } = await brokerProcess();
  const clientRetryOptions = { tryTimeout: "00:00:01", maxRetries: 3 };
  const hostJson = {
    version: "2.0",
    extensions: { serviceBus: { sessionIdleTimeout: "00:00:00.500", clientRetryOptions } },
  };
  const running = await runApp({ source: SOURCE, hostJson }, { settings: { BUS: connectionString }, drainMs: 5000 });
  const client = new ServiceBusClient(connectionString);
  onTestFinished(() => client.close());
  const send = async (part: string): Promise<void> => {
    const indexes = Array.from({ length: 10 }, (_, index) => index);
    const inSessions = indexes.map((index) => ({ body: `${part}-s-${index}`, sessionId: `s-${index % 5}` }));
    await client.createSender("sessions").sendMessages(inSessions);
    await client.createSender("plain").sendMessages(indexes.map((index) => ({ body: `${part}-p-${index}` })));
  };
  const seen = async (): Promise<unknown> => (await fetch(`${running.url}/api/seen`)).json();
  await send("before");
  await eventually("the first messages", async () => (await seen()) === 20);
  child.kill("SIGSTOP");
  // All acceptors have given up more than once, and everything that was open has met its limit.
  const givenUp = (): number => running.lines.filter((line) => line.includes("took longer than")).length;
  await eventually("limits that pass", () => givenUp() > 0, 20_000);
  child.kill("SIGCONT");
  await send("after");
  await eventually("the messages after the hang", async () => (await seen()) === 40, 20_000);
});
