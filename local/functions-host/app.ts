// Loads the app as the real worker does, from package.json `main`.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ClearError, errorText } from "../support/clear-error.ts";
import { readTextIfPresent } from "../support/files.ts";
import { coreModule, providing, type RegisteredFunction } from "./core-module.ts";
import { describeError, type HostLog } from "./log.ts";
import type { ProgrammingModel } from "./rpc.ts";

export interface App {
  readonly functions: readonly RegisteredFunction[];
  readonly model: ProgrammingModel;
  /** Runs the app's appTerminate hooks. */
  terminate(): Promise<void>;
}

/**
 * Loads the app below `appRoot`.
 * @throws ClearError when there is no usable `main`, loading it fails, it registers no function, or it streams HTTP.
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
  const { model, functions, onTerminate } = registrations;
  // The library declares this when `app.setup({ enableHttpStream: true })` was called.
  if ((await model.getCapabilities?.({}))?.["HttpUri"] !== undefined) {
    throw new ClearError(
      "functions: the app streams HTTP, which this host does not support (and see docs/local-stack.md).",
    );
  }
  registrations.hasStarted = true;
  return {
    functions: [...functions.values()],
    model,
    async terminate() {
      for (const hook of onTerminate) await hook({ hookData: {}, appHookData: {} });
    },
  };
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
