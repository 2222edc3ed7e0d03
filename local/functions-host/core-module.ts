// Provides the module "@azure/functions-core" to the app's bundle. Like the real worker, by a proxy around
// Module.prototype.require: the module exists only inside the host, nothing of that name is ever installed.
import Module from "node:module";
import type { CoreFunctionMetadata, FunctionCallback, HookCallback, LogCategory } from "./rpc.ts";
import type { LogLevel } from "./host-config.ts";
import type { ProgrammingModel } from "./rpc.ts";

export interface RegisteredFunction {
  readonly metadata: CoreFunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What the app registered while it was loaded. */
export interface Registrations {
  readonly functions: Map<string, RegisteredFunction>;
  readonly onTerminate: HookCallback[];
  model: ProgrammingModel | undefined;
  /** Set once the app is loaded: the library may not register anything afterwards. */
  hasStarted: boolean;
}

class Disposable {
  #onDispose: (() => unknown) | undefined;
  constructor(onDispose: () => unknown) {
    this.#onDispose = onDispose;
  }
  static from(...parts: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }
  dispose(): unknown {
    const onDispose = this.#onDispose;
    this.#onDispose = undefined;
    return onDispose?.();
  }
}

type CoreLog = (level: LogLevel, category: LogCategory, message: string) => void;

/** The object that `require("@azure/functions-core")` yields, and the registrations it fills. */
export function coreModule(log: CoreLog) {
  const registrations: Registrations = {
    functions: new Map(),
    onTerminate: [],
    model: undefined,
    hasStarted: false,
  };
  const core = {
    version: "3.9.1",
    hostVersion: "4.1037.0.0",
    Disposable,
    log,
    setProgrammingModel: (model: ProgrammingModel) => {
      registrations.model = model;
    },
    getProgrammingModel: () => registrations.model,
    registerHook: (name: string, callback: HookCallback) => registerHook(registrations, name, callback),
    registerFunction: (metadata: CoreFunctionMetadata, callback: FunctionCallback) =>
      registerFunction(registrations, metadata, callback),
  };
  return { core, registrations };
}

function registerHook(registrations: Registrations, name: string, callback: HookCallback): Disposable {
  if (name !== "appTerminate") throw new RangeError(`This host does not support the hook "${name}".`);
  const hooks = registrations.onTerminate;
  hooks.push(callback);
  return new Disposable(() => hooks.splice(hooks.indexOf(callback), 1));
}

function registerFunction(
  registrations: Registrations,
  metadata: CoreFunctionMetadata,
  callback: FunctionCallback,
): Disposable {
  if (registrations.hasStarted) throw new Error("A function can only be registered during app startup.");
  const key = metadata.name.toLowerCase();
  if (registrations.functions.has(key)) {
    throw new Error(`A function with the name "${metadata.name}" is already registered.`);
  }
  registrations.functions.set(key, { metadata, callback });
  return new Disposable(() => {
    if (registrations.hasStarted) throw new Error("A function can only be disposed during app startup.");
    registrations.functions.delete(key);
  });
}

let provided: unknown;
let isInstalled = false;
let lastLoad: Promise<unknown> = Promise.resolve();

function installProxy(): void {
  if (isInstalled) return;
  isInstalled = true;
  const original: (id: string) => unknown = Reflect.get(Module.prototype, "require");
  const proxy = new Proxy(original, {
    apply: (target, receiver, args: [string]) =>
      args[0] === "@azure/functions-core" && provided !== undefined ? provided : Reflect.apply(target, receiver, args),
  });
  Reflect.set(Module.prototype, "require", proxy);
}

/**
 * Runs `load` while `core` is what "@azure/functions-core" means. The library keeps what it got first, so loads of
 * several apps in one process (tests) only have to follow one another.
 */
export function providing<T>(core: object, load: () => Promise<T>): Promise<T> {
  installProxy();
  const run = lastLoad.then(() => {
    provided = core;
    return load();
  });
  lastLoad = run.catch(() => undefined);
  return run;
}
