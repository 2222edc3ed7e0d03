// Command: npm run local -- servicebus --port P --management-port M --queues FILE --data DIR [--in-memory]
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { PORTS } from "../ports.ts";
import { startBroker, type BrokerOptions } from "./broker.ts";
import { queuesFrom } from "./queues.ts";

const USAGE = "servicebus [--port P] [--management-port M] [--queues FILE] [--data DIR | --in-memory]";

/** The command line cannot be used as it is. */
class BadArguments extends Error {}

function portFrom(text: string | undefined, option: string, standard: number): number {
  if (text === undefined) return standard;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new BadArguments(`--${option} must be a port number from 0 (any free one) to 65535, not '${text}'.`);
}

async function optionsFrom(args: readonly string[]): Promise<BrokerOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string" },
      "management-port": { type: "string" },
      queues: { type: "string" },
      data: { type: "string" },
      "in-memory": { type: "boolean" },
    },
  });
  if (values.data !== undefined && values["in-memory"] === true) {
    throw new BadArguments("--data and --in-memory exclude each other: either the queues are kept or they are not.");
  }
  return {
    port: portFrom(values.port, "port", PORTS.amqp),
    managementPort: portFrom(values["management-port"], "management-port", PORTS.busManagement),
    queues: values.queues === undefined ? queuesFrom() : queuesFrom(JSON.parse(await readFile(values.queues, "utf8"))),
    ...(values["in-memory"] === true ? {} : { dataDir: resolve(values.data ?? ".local/servicebus") }),
  };
}

/** One sentence for the terminal. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EADDRINUSE") {
    const port = "port" in error ? String(error.port) : "the port";
    return `Port ${port} is in use. Stop the program that uses it, or give another one with --port or --management-port.`;
  }
  if ("code" in error && typeof error.code === "string" && error.code.startsWith("ERR_PARSE_ARGS")) {
    return `${error.message}\nUsage: ${USAGE}`;
  }
  return error.message;
}

/** Runs the broker until SIGTERM or SIGINT. A failure to start ends with one sentence and exit code 1. */
export async function runServiceBus(args: readonly string[]): Promise<void> {
  const log = (line: string): void => console.error(`servicebus: ${line}`);
  try {
    const options = await optionsFrom(args);
    const broker = await startBroker({
      ...options,
      log,
      onFailure: () => {
        process.exitCode = 1;
      },
    });
    const stop = (): void => {
      broker.stop().catch((error: unknown) => {
        log(explain(error));
        process.exitCode = 1;
      });
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    const management = `management http://127.0.0.1:${broker.managementPort}`;
    console.log(`servicebus ready on sb://127.0.0.1:${broker.port} (${management})`);
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}
