// `npm run local -- servicebus`: the broker alone.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { PORTS } from "../ports.ts";
import { ClearError, errorCode } from "../support/clear-error.ts";
import { readOptions } from "../support/options.ts";
import { untilStopped } from "../support/run-part.ts";
import { startBroker } from "./broker.ts";
import { queuesFrom } from "./queues.ts";

/**
 * Runs the broker until SIGTERM. Options: --port, --management-port, --queues (a contract like infra/contract/queues.json),
 * --data, --in-memory (nothing is kept).
 */
export async function runServiceBus(args: readonly string[]): Promise<void> {
  const options = readOptions("servicebus", args, ["port", "management-port", "queues", "data"], ["in-memory"]);
  const file = options.text("queues", "");
  const broker = await startBroker({
    port: options.port("port", PORTS.amqp),
    managementPort: options.port("management-port", PORTS.busManagement),
    queues: file === "" ? queuesFrom() : queuesFrom(JSON.parse(readFileSync(file, "utf8"))),
    ...(options.flag("in-memory") ? {} : { dataDir: resolve(options.text("data", ".local/servicebus")) }),
    log: (line) => console.error(`servicebus: ${line}`),
    onFailure: () => process.exit(1),
  }).catch((error: unknown) => {
    if (errorCode(error) !== "EADDRINUSE") throw error;
    const port = error instanceof Error && "port" in error ? error.port : "";
    throw new ClearError(`servicebus: port ${String(port)} is in use. End the program that holds it.`);
  });
  const management = `management http://127.0.0.1:${broker.managementPort}`;
  await untilStopped(`servicebus ready on sb://127.0.0.1:${broker.port} (${management})`, () => broker.stop());
}
