// `npm run local -- functions`: the app in the local Functions host, as one process that a supervisor may restart.
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import { PORTS } from "../ports.ts";
import { readOptions } from "../support/options.ts";
import { startHost, type Host } from "./host.ts";
import { describeError } from "./log.ts";
import { readSettingsFile, type Settings } from "./settings.ts";

const ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const DEFAULT_SETTINGS = "local.settings.json";

/**
 * Runs the host until SIGTERM or SIGINT, then drains it and ends the process with code 0. Options: --port, --app (folder
 * of host.json and package.json), --data, --settings (local.settings.json). What ends the worker process
 * in Azure (an uncaught error in the app, a function over the time limit) ends this process with code 1.
 * @throws ClearError when the host cannot start.
 */
export async function runFunctions(args: readonly string[]): Promise<void> {
  const options = readOptions("functions", args, ["port", "app", "data", "settings"]);
  const appRoot = resolve(options.text("app", ROOT));
  const given = options.text("settings", "");
  const file = given === "" ? join(appRoot, DEFAULT_SETTINGS) : resolve(given);
  const settings = { ...readSettingsFile(file, given !== ""), ...environment() };
  endOnUncaughtErrors();
  const restoreConsole = captureConsole();
  const started = startHost({
    appRoot,
    settings,
    port: options.port("port", PORTS.functions),
    dataDir: resolve(options.text("data", join(ROOT, ".local", "functions"))),
  });
  // The caller prints why the host cannot start, as it is.
  started.catch(restoreConsole);
  const host = await started;
  const functions = host.functions();
  const inError = functions.filter((fn) => fn.error !== undefined).length;
  write(`functions ready on http://127.0.0.1:${host.port} (${functions.length} functions, ${inError} in error)`);
  await stopOnSignal(host);
}

/** The environment wins over the file, so that a port or a connection can be changed for one run. */
function environment(): Settings {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

const write = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * The first signal drains; another one ends at once, but only after a second: on Ctrl-C the terminal sends SIGINT to all
 * processes and a supervisor adds its SIGTERM, so that one wish to stop arrives as several signals.
 */
async function stopOnSignal(host: Host): Promise<void> {
  let first: number | undefined;
  await new Promise<void>((done) => {
    const onSignal = (): void => {
      first ??= performance.now();
      if (performance.now() - first > 1000) process.exit(1);
      done();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
  await host.stop();
  // The app may hold timers and connections of its own; the real host ends its worker as well.
  process.exit(0);
}

function endOnUncaughtErrors(): void {
  const end = (what: string) => (error: unknown) => {
    const line = `Worker process exits (code 1): ${what} in the app: ${describeError(error)}`;
    write(`[${new Date().toISOString()}] critical Host.General ${line}`);
    process.exit(1);
  };
  process.on("uncaughtException", end("uncaught exception"));
  process.on("unhandledRejection", end("unhandled rejection"));
}

/** What the app prints itself appears under the real host's category. Answers with the way back. */
function captureConsole(): () => void {
  const { log, info, debug, warn, error } = console;
  const line =
    (level: string) =>
    (...values: unknown[]): void =>
      write(`[${new Date().toISOString()}] ${level} Host.Function.Console ${format(...values)}`);
  console.log = line("info");
  console.info = line("info");
  console.debug = line("debug");
  console.warn = line("warn");
  console.error = line("error");
  return () => void Object.assign(console, { log, info, debug, warn, error });
}
