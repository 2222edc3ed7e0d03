// From what the app registered to what the host runs: triggers parsed and checked. A function with a bad trigger is in
// error and stays out; the others run (as on the real host).
import { ClearError, errorText } from "../support/clear-error.ts";
import type { RegisteredFunction } from "./core-module.ts";
import type { HostConfig } from "./host-config.ts";
import { parseRoute, trimSlashes, type RouteTemplate } from "./http/route-template.ts";
import type { BindingInfo, CoreFunctionMetadata, FunctionCallback } from "./rpc.ts";
import { resolveNames, type Settings } from "./settings.ts";
import { parseSchedule, type Schedule } from "./timer/schedule.ts";

export interface HttpTrigger {
  readonly kind: "http";
  /** With the route prefix. */
  readonly route: RouteTemplate;
  /** Upper case; undefined for all. */
  readonly methods: readonly string[] | undefined;
}

export interface TimerTrigger {
  readonly kind: "timer";
  readonly schedule: Schedule;
}

export interface ServiceBusTrigger {
  readonly kind: "serviceBus";
  readonly queue: string;
  readonly connection: string;
  readonly isSessionsEnabled: boolean;
}

type Trigger = HttpTrigger | TimerTrigger | ServiceBusTrigger;

export interface HostFunction {
  readonly name: string;
  readonly metadata: CoreFunctionMetadata;
  readonly callback: FunctionCallback;
  /** Name of the trigger's binding. */
  readonly triggerBinding: string;
  /** Undefined when the function is in error. */
  readonly trigger: Trigger | undefined;
  /** Why the function does not run. */
  readonly error: string | undefined;
}

const TRIGGERS = new Set(["httptrigger", "timertrigger", "servicebustrigger"]);

/**
 * All functions, sorted by name without case: the order in which routes are tried.
 * @throws ClearError when a binding type is one this host does not know.
 */
export function indexFunctions(
  registered: readonly RegisteredFunction[],
  config: HostConfig,
  settings: Settings,
): readonly HostFunction[] {
  const unknown = registered.flatMap(({ metadata }) => unknownBindings(metadata));
  if (unknown.length > 0) {
    throw new ClearError(
      `functions: this host knows HTTP, timer and Service Bus triggers and HTTP outputs only; ${unknown.join(", ")}.`,
    );
  }
  const functions: HostFunction[] = [];
  for (const one of registered.toSorted((a, b) => compareOrdinal(a.metadata.name, b.metadata.name))) {
    functions.push(indexFunction(one, config, settings, functions));
  }
  return functions;
}

/** Ordinal without case: upper-case letters are compared, as .NET does ("_" sorts behind "Z"). */
function compareOrdinal(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()];
  return left < right ? -1 : Number(left > right);
}

function unknownBindings(metadata: CoreFunctionMetadata): string[] {
  return Object.values(metadata.bindings).flatMap((binding) => {
    const type = (binding.type ?? "").toLowerCase();
    const isKnown = binding.direction === "in" ? TRIGGERS.has(type) : type === "http";
    return isKnown ? [] : [`'${metadata.name}' has the binding type '${binding.type ?? ""}'`];
  });
}

function indexFunction(
  { metadata, callback }: RegisteredFunction,
  config: HostConfig,
  settings: Settings,
  earlier: readonly HostFunction[],
): HostFunction {
  const entry = Object.entries(metadata.bindings).find(([, one]) => TRIGGERS.has((one.type ?? "").toLowerCase()));
  if (entry === undefined) throw new ClearError(`functions: the function '${metadata.name}' has no trigger.`);
  const [triggerBinding, binding] = entry;
  const base = {
    name: metadata.name,
    metadata,
    callback,
    triggerBinding,
  };
  try {
    checkName(metadata.name);
    if (metadata.retryOptions !== undefined) throw unsupported(metadata.name, "has a retry policy");
    const trigger = parseTrigger(metadata.name, binding, config, settings);
    if (trigger.kind === "http") refuseConflict(trigger, earlier);
    return { ...base, trigger, error: undefined };
  } catch (error) {
    if (error instanceof ClearError) throw error;
    return { ...base, trigger: undefined, error: errorText(error) };
  }
}

const unsupported = (name: string, what: string): ClearError =>
  new ClearError(`functions: '${name}' ${what}, which this host does not support.`);

function checkName(name: string): void {
  if (!/^[a-z][\w-]{0,127}$/iu.test(name) || name.toLowerCase() === "host") {
    throw new Error(`'${name}' is not a valid function name.`);
  }
}

function parseTrigger(name: string, binding: BindingInfo, config: HostConfig, settings: Settings): Trigger {
  switch ((binding.type ?? "").toLowerCase()) {
    case "httptrigger":
      return httpTrigger(name, binding, config);
    case "timertrigger":
      return timerTrigger(name, binding, settings);
    default:
      return serviceBusTrigger(name, binding);
  }
}

function httpTrigger(name: string, binding: BindingInfo, config: HostConfig): HttpTrigger {
  const own = trimSlashes(text(binding, "route") ?? name);
  // By the first letters, not by segment: `administration/x` is refused as well.
  if (/^(?:admin|runtime)/iu.test(own)) {
    throw new Error("The specified route conflicts with one or more built in routes.");
  }
  const authLevel = (text(binding, "authLevel") ?? "function").toLowerCase();
  if (authLevel !== "anonymous") throw unsupported(name, `has the authLevel '${authLevel}'`);
  const methods = binding["methods"];
  const list = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
  const route = parseRoute([config.routePrefix, own].filter((part) => part !== "").join("/"));
  return { kind: "http", route, methods: list.length === 0 ? undefined : list };
}

function refuseConflict(trigger: HttpTrigger, earlier: readonly HostFunction[]): void {
  for (const { name, trigger: other } of earlier) {
    if (other?.kind !== "http" || other.route.text.toLowerCase() !== trigger.route.text.toLowerCase()) continue;
    const { methods } = other;
    const isShared = methods === undefined || (trigger.methods?.some((method) => methods.includes(method)) ?? true);
    if (isShared) throw new Error(`The route specified conflicts with the route defined by function '${name}'.`);
  }
}

function timerTrigger(name: string, binding: BindingInfo, settings: Settings): TimerTrigger {
  if (binding["runOnStartup"] === true) throw unsupported(name, "has runOnStartup");
  return { kind: "timer", schedule: parseSchedule(resolveNames(text(binding, "schedule") ?? "", settings)) };
}

/** What a binding may not ask of this host, with the words for it. */
const UNSUPPORTED: readonly (readonly [asked: (binding: BindingInfo) => boolean, what: string])[] = [
  [({ topicName, subscriptionName }) => (topicName ?? subscriptionName) !== undefined, "listens to a topic"],
  [({ cardinality }) => /^many$/iu.test(String(cardinality)), "takes batches (cardinality 'many')"],
  [({ dataType }) => /^(?:binary|stream)$/iu.test(String(dataType)), "takes bytes (dataType 'binary')"],
  [({ autoCompleteMessages }) => autoCompleteMessages === false, "has autoCompleteMessages false"],
  [({ properties }) => isObject(properties) && properties["supportsDeferredBinding"] === "true", "uses SDK bindings"],
];

function serviceBusTrigger(name: string, binding: BindingInfo): ServiceBusTrigger {
  for (const [isAsked, what] of UNSUPPORTED) if (isAsked(binding)) throw unsupported(name, what);
  const queue = text(binding, "queueName");
  if (queue === undefined) throw new Error("The Service Bus trigger needs a queueName.");
  return {
    kind: "serviceBus",
    queue,
    connection: text(binding, "connection") ?? "",
    isSessionsEnabled: binding["isSessionsEnabled"] === true,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function text(binding: BindingInfo, key: string): string | undefined {
  const value = binding[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}
