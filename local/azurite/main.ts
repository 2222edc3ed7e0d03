// `npm run local -- azurite`: Azure Storage on one machine, Azurite's blob, queue and table service in this process.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { azureTables } from "../../shared/platform/tables/azure-tables.ts";
import { PORTS } from "../ports.ts";
import { portProblem } from "../supervisor/port-check.ts";
import { ClearError } from "../support/clear-error.ts";
import { readOptions } from "../support/options.ts";
import { storePrototypeOf } from "./loki-store.ts";
import { journalTables } from "./table-journal.ts";
import { storageConnectionString } from "./connection-string.ts";
import { TABLES } from "../../shared/capabilities.ts";

const HOST = "127.0.0.1";
const READY_MS = 60_000;
/** Bound of the stop; tables are safe without it. */
const STOP_MS = 8000;

/** Runs Azurite until SIGTERM, with the tables that Bicep makes in the cloud. Options: --blob-port, --queue-port, --table-port, --data. */
export async function runAzurite(args: readonly string[]): Promise<void> {
  const options = readOptions("azurite", args, ["blob-port", "queue-port", "table-port", "data"]);
  const ports = {
    blob: options.port("blob-port", PORTS.blob),
    queue: options.port("queue-port", PORTS.queue),
    table: options.port("table-port", PORTS.table),
  };
  for (const [service, port] of Object.entries(ports)) {
    const problem = port === 0 ? "cannot be picked by Azurite" : await portProblem(port);
    if (problem !== undefined) {
      throw new ClearError(`azurite: port ${port} ${problem}. Choose another one with --${service}-port.`);
    }
  }
  const data = resolve(options.text("data", ".local/azurite"));
  mkdirSync(data, { recursive: true });
  startInThisProcess(data, ports);
  await Promise.all(Object.values(ports).map(untilListening));
  await azureTables({ connectionString: storageConnectionString(ports) }).ensure(TABLES.map(({ name }) => name));
  const urls = Object.entries(ports).map(([service, port]) => `${service} http://${HOST}:${port}`);
  console.log(`azurite ready on ${urls.join(", ")}`);
}

/** In this process and not in a child: nothing is left behind when this process is killed. */
function startInThisProcess(data: string, ports: Readonly<Record<"blob" | "queue" | "table", number>>): void {
  const services = Object.entries(ports).flatMap(([service, port]) => [
    `--${service}Host`,
    HOST,
    `--${service}Port`,
    String(port),
  ]);
  const behaviour = ["--silent", "--skipApiVersionCheck", "--loose", "--disableTelemetry"];
  // Azurite reads the command line itself, stops by itself on SIGTERM and leaves once its connections are closed.
  process.argv = [process.execPath, "azurite", "--location", data, ...services, ...behaviour];
  endOnceClosed();
  const require = createRequire(import.meta.url);
  journalTables(storePrototypeOf(require("azurite/dist/src/table/persistence/LokiTableMetadataStore.js")));
  require("azurite/dist/src/azurite.js");
}

/** After a signal Azurite saves and says so per service, but then waits for its clients to let go of idle connections. */
function endOnceClosed(): void {
  const end = (): void => {
    let open = 3;
    const { log } = console;
    console.log = (...said: readonly unknown[]) => {
      log(...said);
      if (String(said[0]).endsWith("successfully closed")) open -= 1;
      if (open === 0) process.exit(0);
    };
    setTimeout(() => process.exit(0), STOP_MS).unref();
  };
  // Before Azurite's own listeners, which come later.
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

async function untilListening(port: number): Promise<void> {
  const end = performance.now() + READY_MS;
  while (!(await accepts(port))) {
    if (performance.now() > end)
      throw new ClearError(`azurite: port ${port} did not open within ${READY_MS / 1000} s.`);
    await delay(50);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    const answer = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}
