// What the host and the @azure/functions library say to each other: the shapes of the module "@azure/functions-core" that
// the real Node worker provides, as far as the library uses them.

import type { LogLevel } from "./host-config.ts";

export type LogCategory = "user" | "system" | "customMetric";

export interface TypedData {
  string?: string | null;
  json?: string | null;
  bytes?: Uint8Array | null;
  int?: number | null;
  double?: number | null;
  http?: HttpData | null;
}

interface NullableText {
  value?: string | null;
}

export interface HttpData {
  method?: string | null;
  url?: string | null;
  headers?: Record<string, string> | null;
  body?: TypedData | null;
  statusCode?: string | null;
  cookies?: readonly unknown[] | null;
  nullableHeaders?: Record<string, NullableText> | null;
  nullableParams?: Record<string, NullableText> | null;
  nullableQuery?: Record<string, NullableText> | null;
}

export interface ParameterBinding {
  name: string;
  data?: TypedData | null;
}

interface InvocationRequest {
  invocationId: string;
  functionId: string;
  inputData: ParameterBinding[];
  triggerMetadata: Record<string, TypedData>;
  /** Empty, as on the real host without telemetry. */
  traceContext: Record<string, never>;
}

export interface InvocationResponse {
  returnValue?: TypedData | null;
  outputData?: ParameterBinding[] | null;
}

/** A binding as the library registers it; each binding type adds its own properties. */
export interface BindingInfo {
  readonly type?: string;
  readonly direction?: string;
  readonly [property: string]: unknown;
}

export interface CoreFunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  readonly retryOptions?: unknown;
}

export type FunctionCallback = (...args: unknown[]) => unknown;

export interface CoreInvocationContext {
  invocationId: string;
  request: InvocationRequest;
  metadata: CoreFunctionMetadata;
  state: "preInvocationHooks" | "postInvocationHooks" | "invocation" | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

/** Of the hooks, this host runs `appTerminate` only. */
export type HookCallback = (context: { readonly hookData: object; readonly appHookData: object }) => unknown;
