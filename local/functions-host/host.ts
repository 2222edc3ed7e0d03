// The local Functions host: loads the app's bundle through the real @azure/functions library and behaves as the real host
// was measured to behave. One process holds host and app, where the real host has a worker process; what ends the worker
// there ends this process here, and its supervisor starts it again.
import { join, resolve } from "node:path";
import { loadApp, type App } from "./app.ts";
import { indexFunctions, type HostFunction } from "./function-index.ts";
import { readHostConfig } from "./host-config.ts";
import { adminApi } from "./http/admin.ts";
import { closePort, createHttpHost, openPort } from "./http/http-server.ts";
import { requestExporter } from "./http/request-telemetry.ts";
import { createInvoker, type Invoker } from "./invoker.ts";
import type { Listener } from "./listener.ts";
import { describeError, hostLog, type HostLog } from "./log.ts";
import { within } from "./pause.ts";
import { startTriggers, runTriggerByHand } from "./triggers.ts";
import type { Settings } from "./settings.ts";

const APP_TERMINATE_MS = 5000;

export interface HostOptions {
  /** Folder with host.json, package.json and the bundle that its `main` names. */
  readonly appRoot: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** The app's settings; they are put into process.env before the app is loaded. */
  readonly settings: Settings;
  /** The timers' status lives here. */
  readonly dataDir: string;
  /** Takes each log line; standard output unless given. */
  readonly log?: (line: string) => void;
  /** How long `stop` waits for running invocations, in milliseconds; 30,000 unless given. */
  readonly drainMs?: number;
}

interface FunctionInfo {
  readonly name: string;
  /** Why it does not run. */
  readonly error: string | undefined;
}

export interface Host {
  readonly port: number;
  functions(): readonly FunctionInfo[];
  /** Stops the triggers, lets running invocations end (bounded), runs the app's appTerminate hooks, closes the port. */
  stop(): Promise<void>;
}

/**
 * Starts the host; it resolves when the port answers and the triggers have begun to listen.
 * @throws ClearError for anything that makes the whole host unusable (host.json, the bundle, a feature that this host
 * does not have, a port in use). A function with a bad trigger does not: it is in error, the others run.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const config = readHostConfig(join(options.appRoot, "host.json"), options.settings);
  const log = hostLog(config.logLevel, options.log ?? ((line) => process.stdout.write(`${line}\n`)));
  Object.assign(process.env, options.settings);
  const app = await loadApp(resolve(options.appRoot), log);
  const functions = indexFunctions(app.functions, config, options.settings);
  announce(functions, log);
  const invoker = createInvoker({ app, log, timeoutMs: config.functionTimeoutMs, onTimeout: endWorker(log) });
  const { settings, dataDir } = options;
  const triggers = { functions, invoker, config, log, settings, dataDir };
  const admin = adminApi({ functions, runByHand: (fn, input) => runTriggerByHand(triggers, fn, input) });
  const exportRequest = requestExporter(config, settings, log);
  const server = createHttpHost({ config, functions, invoker, log, admin, exportRequest });
  const port = await openPort(server, options.port);
  const listeners = startTriggers(triggers);
  log.write("information", "Host.Startup", `Host started, ${functions.length} functions`);
  let stopped: Promise<void> | undefined;
  const drainMs = options.drainMs ?? 30_000;
  return {
    port,
    functions: () => functions.map(({ name, error }) => ({ name, error })),
    stop() {
      stopped ??= stopHost({ app, invoker, log, drainMs, listeners, closePort: (bound) => closePort(server, bound) });
      return stopped;
    },
  };
}

/** Where the real host ends its worker, this process ends. */
const endWorker = (log: HostLog) => (message: string) => {
  log.write("critical", "Host.General", `${message} The worker process ends.`);
  process.exit(1);
};

function announce(functions: readonly HostFunction[], log: HostLog): void {
  for (const { name, error } of functions) {
    if (error !== undefined) log.write("error", "Host.Startup", `The '${name}' function is in error: ${error}`);
  }
}

interface Stopping {
  readonly app: App;
  readonly invoker: Invoker;
  readonly log: HostLog;
  readonly drainMs: number;
  readonly listeners: readonly Listener[];
  readonly closePort: (boundMs: number) => Promise<void>;
}

async function stopHost({ app, invoker, log, drainMs, listeners, closePort: close }: Stopping): Promise<void> {
  log.write("information", "Host.General", "Application is shutting down...");
  const stopped = Promise.all(listeners.map((listener) => listener.stop()));
  if (!(await within(drainMs, Promise.all([stopped, invoker.idle(), close(drainMs)])))) {
    const cutOff = `${invoker.running()} invocations were still running after ${drainMs} ms and are cut off.`;
    log.write("warning", "Host.General", cutOff);
  }
  const reported = app.terminate().catch((error: unknown) => {
    log.write("error", "Host.General", `An appTerminate hook failed: ${describeError(error)}`);
  });
  if (!(await within(APP_TERMINATE_MS, reported))) {
    log.write("warning", "Host.General", `The appTerminate hooks did not end within ${APP_TERMINATE_MS} ms.`);
  }
}
