// Loads the app as the real worker does: package.json `main`, then the appStart hooks.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ClearError, errorText } from "../support/clear-error.ts";
import { readTextIfPresent } from "../support/files.ts";
import { coreModule, providing, type RegisteredFunction, type Registrations } from "./core-module.ts";
import { describeError, type HostLog } from "./log.ts";
import type { HookContext, HookData, HookName, LogCategory, LogLevel, ProgrammingModel } from "./rpc.ts";

export interface App {
  readonly functions: readonly RegisteredFunction[];
  readonly model: ProgrammingModel;
  /** What the app declared, e.g. `HttpUri` when it streams HTTP. */
  readonly capabilities: Readonly<Record<string, string>>;
  readonly appHookData: HookData;
  runHooks(name: HookName, context: HookContext): Promise<void>;
  /** Passes a log entry through the app's log hooks and writes it. */
  log(category: string, entry: LogEntry): void;
}

interface LogEntry {
  level: LogLevel;
  message: string;
  readonly category: LogCategory;
  readonly invocationContext?: unknown;
}

/**
 * Loads the app below `appRoot` and runs its appStart hooks.
 * @throws ClearError when there is no usable `main`, loading it fails, or it registers no function.
 */
export async function loadApp(appRoot: string, log: HostLog): Promise<App> {
  const { core, registrations } = coreModule((level, category, message) =>
    log.write(level, category === "user" ? "Host.Function.Console" : "Worker.Node", message),
  );
  const entry = entryPoint(appRoot);
  try {
    await providing(core, () => import(/* @vite-ignore */ freshUrl(entry)));
  } catch (error) {
    log.write("error", "Host.Startup", `Worker was unable to load entry point "${entry}": ${describeError(error)}`);
    throw new ClearError(`functions: the app ${entry} could not be loaded: ${errorText(error)}`);
  }
  if (registrations.model === undefined) {
    throw new ClearError(`functions: the app ${entry} registers no function through @azure/functions 4.`);
  }
  const appHookData: HookData = {};
  const hookData: HookData = {};
  const app = await appOf(registrations, registrations.model, appHookData, log);
  try {
    await app.runHooks(
      "appStart",
      Object.assign({ hookData, appHookData }, { functionAppDirectory: resolve(appRoot) }),
    );
  } catch (error) {
    throw new ClearError(`functions: an appStart hook of ${entry} failed: ${errorText(error)}`);
  }
  registrations.hasStarted = true;
  return app;
}

const loads = new Map<string, number>();

/** A module is evaluated once per address, so a further host on the same bundle in this process needs another one. */
function freshUrl(entry: string): string {
  const count = loads.get(entry) ?? 0;
  loads.set(entry, count + 1);
  const url = pathToFileURL(entry);
  if (count > 0) url.searchParams.set("load", String(count));
  return url.href;
}

function entryPoint(appRoot: string): string {
  const file = join(appRoot, "package.json");
  const text = readTextIfPresent(file);
  if (text === undefined) throw new ClearError(`functions: ${file} does not exist; --app names the app's root folder.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ClearError(`functions: ${file} is not valid JSON.`);
  }
  const main = typeof parsed === "object" && parsed !== null && "main" in parsed ? parsed.main : undefined;
  if (typeof main !== "string") throw new ClearError(`functions: ${file} has no "main" that names the app's bundle.`);
  const entry = join(appRoot, main);
  if (!existsSync(entry)) throw new ClearError(`functions: the app's bundle ${entry} does not exist; build it first.`);
  return entry;
}

async function appOf(registrations: Registrations, model: ProgrammingModel, appHookData: HookData, log: HostLog) {
  let isInLogHook = false;
  const app: App = {
    functions: [...registrations.functions.values()],
    model,
    appHookData,
    // The library answers with what it was given plus its own (HttpUri when streaming is on).
    capabilities: (await model.getCapabilities?.({})) ?? {},
    async runHooks(name, context) {
      for (const hook of registrations.hooks[name]) await hook(context);
    },
    log(category, entry) {
      const context = Object.assign(entry, { hookData: {}, appHookData });
      // A hook that logs would call itself for ever.
      if (!isInLogHook) {
        isInLogHook = true;
        try {
          for (const hook of registrations.hooks.log) hook(context);
        } catch (error) {
          log.write("error", "Worker.Node", `A log hook failed: ${describeError(error)}`);
        } finally {
          isInLogHook = false;
        }
      }
      log.write(entry.level, category, entry.message);
    },
  };
  return app;
}
