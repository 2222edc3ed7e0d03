// Talks to one `bicep jsonrpc --stdio` process: the first compile takes 2 seconds, each further one some tenths.

import { spawn } from "node:child_process";
import { z } from "zod";

const CALL_TIMEOUT_MS = 60_000;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Short work in a young process: without profiling and with room before the first collection it takes half the time. */
const RUNTIME = { DOTNET_TieredPGO: "0", DOTNET_GCgen0size: "0x8000000", DOTNET_gcConcurrent: "0" } as const;
const HEADER_END = "\r\n\r\n";

const diagnosticSchema = z.object({
  level: z.string(),
  code: z.string(),
  message: z.string(),
  source: z.string().optional(),
  range: z.object({ start: z.object({ line: z.number() }) }).optional(),
});
const compiledSchema = z.object({ success: z.boolean(), diagnostics: z.array(diagnosticSchema) });
const formattedSchema = z.object({ contents: z.string() });
const snapshotSchema = z.object({ snapshot: z.string() });
const messageSchema = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

export type Diagnostic = z.output<typeof diagnosticSchema>;

export interface BicepServer {
  /** Diagnostics of any level of a .bicep file and of the modules below it. */
  compile(path: string): Promise<readonly Diagnostic[]>;
  /** The same of a .bicepparam file, its parameters alone. */
  compileParams(path: string): Promise<readonly Diagnostic[]>;
  format(path: string): Promise<string>;
  /** What a deployment with this .bicepparam file would make, as JSON text. */
  snapshot(path: string, ids: DeploymentIds): Promise<string>;
  close(): void;
}

export interface DeploymentIds {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly location: string;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the server. `environment` is all that readEnvironmentVariable sees, besides PATH and HOME. */
export function startBicep(binary: string, environment: Readonly<Record<string, string>>): BicepServer {
  const child = spawn(binary, ["jsonrpc", "--stdio"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...RUNTIME, ...environment },
  });
  const pending = new Map<number, Pending>();
  const failAll = (error: Error): void => {
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  child.on("error", (cause) => failAll(new Error(`${binary} could not be started.`, { cause })));
  child.on("exit", (code) => failAll(new Error(`The Bicep server ended with code ${code}.`)));
  child.stdin.on("error", (cause) => failAll(new Error("The Bicep server takes no more calls.", { cause })));
  child.stdout.on(
    "data",
    reader((text) => tallyUpgrades(pending, text), failAll),
  );
  const call = caller((body) => void child.stdin.write(body), pending);
  return {
    compile: async (path) => compiledSchema.parse(await call("bicep/compile", { path })).diagnostics,
    compileParams: async (path) =>
      compiledSchema.parse(await call("bicep/compileParams", { path, parameterOverrides: {} })).diagnostics,
    format: async (path) => formattedSchema.parse(await call("bicep/format", { path })).contents,
    snapshot: async (path, ids) =>
      snapshotSchema.parse(await call("bicep/getSnapshot", { path, metadata: { ...ids } })).snapshot,
    close: () => {
      failAll(new Error("The Bicep server has been closed."));
      child.kill();
    },
  };
}

function caller(write: (body: string) => void, pending: Map<number, Pending>) {
  let last = 0;
  return (method: string, parameters: unknown): Promise<unknown> => {
    last += 1;
    const id = last;
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: [parameters] });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        pending.delete(id);
        reject(new Error(`${method} had no answer within ${CALL_TIMEOUT_MS / 1000} s.`));
      }, CALL_TIMEOUT_MS);
      const ended =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          then(value);
        };
      pending.set(id, { resolve: ended(resolve), reject: ended(reject) });
      write(`Content-Length: ${Buffer.byteLength(body)}${HEADER_END}${body}`);
    });
  };
}

function tallyUpgrades(pending: Map<number, Pending>, text: string): void {
  const { id, result, error } = messageSchema.parse(JSON.parse(text));
  const call = pending.get(Number(id));
  pending.delete(Number(id));
  if (error === undefined) call?.resolve(result);
  else call?.reject(new Error(error.message));
}

/** Cuts the stream into messages: a header with their length, a blank line, the body. */
function reader(onMessage: (text: string) => void, onBroken: (error: Error) => void): (chunk: Buffer) => void {
  let buffer = Buffer.alloc(0);
  return (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf(HEADER_END);
      if (end === -1) return;
      const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("latin1", 0, end))?.[1] ?? Number.NaN);
      if (!(length <= MAX_MESSAGE_BYTES)) return onBroken(new Error("The Bicep server sent no readable message."));
      const begin = end + HEADER_END.length;
      if (buffer.length < begin + length) return;
      const text = buffer.toString("utf8", begin, begin + length);
      buffer = buffer.subarray(begin + length);
      try {
        onMessage(text);
      } catch (cause) {
        onBroken(new Error("The Bicep server sent an unexpected message.", { cause }));
      }
    }
  };
}
