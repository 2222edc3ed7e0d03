// Runs one trigger event through the app: arguments, handler, response, log lines, time limit.
import { randomUUID } from "node:crypto";
import type { App } from "./app.ts";
import type { HostFunction } from "./function-index.ts";
import { describeError, type HostLog } from "./log.ts";
import type { CoreInvocationContext, InvocationModel, InvocationResponse, ParameterBinding, TypedData } from "./rpc.ts";

interface TriggerEvent {
  /** Why the function runs, as the real host words it in its log. */
  readonly reason: string;
  readonly details?: string;
  readonly data: TypedData;
  readonly metadata?: Readonly<Record<string, TypedData>>;
}

type Outcome =
  | { readonly ok: true; readonly response: InvocationResponse }
  | { readonly ok: false; readonly error: unknown };

export interface Invoker {
  /** Never rejects: what a handler throws is an outcome. */
  run(fn: HostFunction, event: TriggerEvent): Promise<Outcome>;
  /** How many invocations run now. */
  running(): number;
  /** Resolves when nothing runs (at once when nothing does). */
  idle(): Promise<void>;
}

interface InvokerOptions {
  readonly app: App;
  readonly log: HostLog;
  readonly timeoutMs: number;
  /** A run took longer than the limit: the worker must end, as JavaScript cannot be stopped from outside. */
  readonly onTimeout: (message: string) => void;
}

export function createInvoker(options: InvokerOptions): Invoker {
  const idleWaiters: (() => void)[] = [];
  let running = 0;
  return {
    async run(fn, event) {
      running += 1;
      try {
        return await runOnce(options, fn, event);
      } finally {
        running -= 1;
        if (running === 0) for (const resolve of idleWaiters.splice(0)) resolve();
      }
    },
    running: () => running,
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
  };
}

async function runOnce(
  { app, log, timeoutMs, onTimeout }: InvokerOptions,
  fn: HostFunction,
  event: TriggerEvent,
): Promise<Outcome> {
  const id = randomUUID();
  const category = `Function.${fn.name}`;
  const started = performance.now();
  log.write("information", category, `Executing 'Functions.${fn.name}' (Reason='${event.reason}', Id=${id})`);
  if (event.details !== undefined) log.write("information", category, `Trigger Details: ${event.details}`);
  const timer = setTimeout(expire, timeoutMs);
  function expire(): void {
    const limit = new Date(timeoutMs).toISOString().slice(11, 19);
    onTimeout(`Timeout value of ${limit} exceeded by function 'Functions.${fn.name}' (Id: '${id}').`);
  }
  let outcome: Outcome;
  try {
    outcome = { ok: true, response: await invoke(app, fn, coreContext(log, fn, event, id)) };
  } catch (error) {
    outcome = { ok: false, error };
  } finally {
    clearTimeout(timer);
  }
  const took = `Id=${id}, Duration=${Math.round(performance.now() - started)}ms`;
  if (outcome.ok) log.write("information", category, `Executed 'Functions.${fn.name}' (Succeeded, ${took})`);
  else {
    const text = describeError(outcome.error);
    log.write("error", category, `Executed 'Functions.${fn.name}' (Failed, ${took}) Exception: ${text}`);
  }
  return outcome;
}

async function invoke(app: App, fn: HostFunction, core: CoreInvocationContext): Promise<InvocationResponse> {
  const model: InvocationModel = await app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  core.state = "invocation";
  const result = await model.invokeFunction(context, inputs, fn.callback);
  core.state = undefined;
  return model.getResponse(context, result);
}

function coreContext(log: HostLog, fn: HostFunction, event: TriggerEvent, invocationId: string): CoreInvocationContext {
  const input: ParameterBinding = { name: fn.triggerBinding, data: event.data };
  return {
    invocationId,
    metadata: fn.metadata,
    state: undefined,
    request: {
      invocationId,
      functionId: fn.name,
      inputData: [input],
      triggerMetadata: { ...event.metadata },
      traceContext: {},
    },
    log(level, category, message) {
      log.write(level, category === "user" ? `Function.${fn.name}.User` : `Function.${fn.name}`, message);
    },
  };
}
