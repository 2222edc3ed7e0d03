// Runs one trigger event through the app: arguments, hooks, handler, response, log lines, time limit, retries.
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { App } from "./app.ts";
import type { HostFunction } from "./function-index.ts";
import { describeError, type HostLog } from "./log.ts";
import { pause } from "./pause.ts";
import type { CoreInvocationContext, HookContext, InvocationModel, InvocationResponse } from "./rpc.ts";
import type { ParameterBinding, RetryContext, TypedData } from "./rpc.ts";
import { formatTimeSpan } from "./time-span.ts";

// The longest wait a timer of Node can hold.
const MAX_TIMER_MS = 2_147_483_647;

interface TriggerEvent {
  /** Why the function runs, as the real host words it in its log. */
  readonly reason: string;
  readonly details?: string;
  readonly data: TypedData;
  readonly metadata?: Readonly<Record<string, TypedData>>;
  readonly invocationId?: string;
}

type Outcome =
  | { readonly ok: true; readonly response: InvocationResponse }
  | { readonly ok: false; readonly error: unknown };

export interface Invoker {
  /** Never rejects: what a handler throws is an outcome. */
  run(fn: HostFunction, event: TriggerEvent): Promise<Outcome>;
  /** Invocations that run now, and those that wait for their next try. */
  counts(): { readonly running: number; readonly waiting: number };
  /** Resolves when nothing runs (at once when nothing does). */
  idle(): Promise<void>;
  /** No further retries: waiting ones end as failed, so that a stop does not have to wait for them. */
  stopRetrying(): void;
}

interface InvokerOptions {
  readonly app: App;
  readonly log: HostLog;
  readonly timeoutMs: number | undefined;
  /** A run took longer than the limit: the worker must end, as JavaScript cannot be stopped from outside. */
  readonly onTimeout: (message: string) => void;
}

export function createInvoker(options: InvokerOptions): Invoker {
  const stopping = new AbortController();
  // Every run that waits for its next try listens to it.
  setMaxListeners(0, stopping.signal);
  const idleWaiters: (() => void)[] = [];
  let running = 0;
  let waiting = 0;

  const attempt = async (fn: HostFunction, event: TriggerEvent, id: string, retry: RetryContext | undefined) => {
    running += 1;
    try {
      return await runOnce(options, fn, event, id, retry);
    } finally {
      running -= 1;
    }
  };
  const waitForRetry = async (delayMs: number): Promise<void> => {
    waiting += 1;
    await pause(delayMs, stopping.signal);
    waiting -= 1;
  };
  const settled = (): void => {
    if (running + waiting === 0) for (const resolve of idleWaiters.splice(0)) resolve();
  };
  const runWithRetries = async (fn: HostFunction, event: TriggerEvent): Promise<Outcome> => {
    const id = event.invocationId ?? randomUUID();
    const policy = fn.retry;
    if (policy === undefined) return attempt(fn, event, id, undefined);
    const { maxRetryCount } = policy;
    const mayRetry = (count: number): boolean => maxRetryCount === -1 || count <= maxRetryCount;
    let outcome = await attempt(fn, event, id, { retryCount: 0, maxRetryCount });
    for (let count = 1; !outcome.ok && mayRetry(count); count += 1) {
      await waitForRetry(policy.delayMs(count, Math.random()));
      if (stopping.signal.aborted) break;
      outcome = await attempt(fn, event, id, {
        retryCount: count,
        maxRetryCount,
        exception: rpcException(outcome.error),
      });
    }
    return outcome;
  };
  return {
    async run(fn, event) {
      try {
        return await runWithRetries(fn, event);
      } finally {
        settled();
      }
    },
    counts: () => ({ running, waiting }),
    idle: () => (running + waiting === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
    stopRetrying: () => stopping.abort(),
  };
}

async function runOnce(
  { app, log, timeoutMs, onTimeout }: InvokerOptions,
  fn: HostFunction,
  event: TriggerEvent,
  id: string,
  retry: RetryContext | undefined,
): Promise<Outcome> {
  const category = `Function.${fn.name}`;
  const started = performance.now();
  log.write("information", category, `Executing 'Functions.${fn.name}' (Reason='${event.reason}', Id=${id})`);
  if (event.details !== undefined) log.write("information", category, `Trigger Details: ${event.details}`);
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS));
  function expire(): void {
    const limit = formatTimeSpan(timeoutMs ?? 0);
    onTimeout(`Timeout value of ${limit} exceeded by function 'Functions.${fn.name}' (Id: '${id}').`);
  }
  let outcome: Outcome;
  try {
    outcome = { ok: true, response: await invoke(app, fn, coreContext(app, fn, event, id, retry)) };
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

/** The order of the real worker: arguments, pre hooks, handler, post hooks (which may replace the outcome), response. */
async function invoke(app: App, fn: HostFunction, core: CoreInvocationContext): Promise<InvocationResponse> {
  const model: InvocationModel = await app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const shared: HookContext = { hookData: {}, appHookData: app.appHookData };
  const before = Object.assign({ functionCallback: fn.callback, inputs, invocationContext: context }, shared);
  core.state = "preInvocationHooks";
  await app.runHooks("preInvocation", before);
  const result: { result: unknown; error: unknown } = { result: null, error: null };
  const after = Object.assign(result, { inputs: before.inputs, invocationContext: context }, shared);
  core.state = "invocation";
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    // A handler that throws nothing at all has failed all the same.
    after.error = error ?? new Error("Unknown error");
  }
  core.state = "postInvocationHooks";
  await app.runHooks("postInvocation", after);
  core.state = undefined;
  if (after.error !== null && after.error !== undefined) throw after.error;
  return model.getResponse(context, after.result);
}

function coreContext(
  app: App,
  fn: HostFunction,
  event: TriggerEvent,
  invocationId: string,
  retryContext: RetryContext | undefined,
): CoreInvocationContext {
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
      ...(retryContext === undefined ? {} : { retryContext }),
    },
    log(level, category, message) {
      const name = category === "user" ? `Function.${fn.name}.User` : `Function.${fn.name}`;
      app.log(name, { level, category, message });
    },
  };
}

function rpcException(error: unknown): NonNullable<RetryContext["exception"]> {
  const isError = error instanceof Error;
  return {
    message: isError ? error.message : String(error),
    stackTrace: isError ? (error.stack ?? "") : "",
    source: "",
  };
}
