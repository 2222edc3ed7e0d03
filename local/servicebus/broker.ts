// The Service Bus-compatible broker as one object: queues, journal, AMQP listener and management server.
import { randomUUID } from "node:crypto";
import type { Server } from "node:net";
import { AmqpServer } from "./amqp/server.ts";
import { LockTokens } from "./amqp/lock-tokens.ts";
import type { QueueOptions } from "./engine/types.ts";
import { Hub } from "./hub.ts";
import { startManagementServer } from "./management-server.ts";

const HOST = "127.0.0.1";
/** The official emulator's key: it protects nothing and is meant to be known. */
const EMULATOR_KEY = { name: "RootManageSharedAccessKey", value: "SAS_KEY_VALUE" } as const;

export interface BrokerOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** HTTP; default and 0 = any free port. */
  readonly managementPort?: number;
  readonly queues: readonly QueueOptions[];
  /** Where the queues are kept. Without it they live in memory only. */
  readonly dataDir?: string;
  readonly log?: (line: string) => void;
  /** Called once when the broker had to stop by itself because its journal cannot be written. */
  readonly onFailure?: (cause: unknown) => void;
}

export interface RunningBroker {
  readonly port: number;
  readonly managementPort: number;
  readonly connectionString: string;
  stop(): Promise<void>;
}

const portOf = (address: ReturnType<Server["address"]>): number =>
  typeof address === "object" && address !== null ? address.port : 0;

/** Runs the given steps in order, all of them, and then reports the first failure. */
async function runAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/**
 * Starts a broker. Rejects when a port is in use, or when the data directory is in use or damaged. `stop` tells the
 * clients, writes what is pending and frees ports and directory; it may be called more than once.
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const log = options.log ?? (() => {});
  const cleanUp: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= runAll(cleanUp.toReversed()));
  try {
    const hub = new Hub({
      queues: options.queues,
      dataDir: options.dataDir,
      now: Date.now,
      log,
    });
    cleanUp.push(() => hub.close());
    const newId = (): string => randomUUID().replaceAll("-", "");
    const server = new AmqpServer({ hub, tokens: new LockTokens(), key: EMULATOR_KEY, now: Date.now, newId, log });
    hub.listen({
      onWork: (queues, owners) => server.dispatcher.onWork(queues, owners),
      onSessionLost: (lock) =>
        server.dispatcher
          .ownerOf(lock)
          ?.detach("com.microsoft:session-lock-lost", `The lock on session '${lock.sessionId}' has expired.`),
      onFailure: (cause) => {
        log(`the journal cannot be written, stopping: ${cause instanceof Error ? cause.message : String(cause)}`);
        stop().then(
          () => options.onFailure?.(cause),
          () => options.onFailure?.(cause),
        );
      },
    });
    const http = await startManagementServer({
      host: HOST,
      port: options.managementPort ?? 0,
      space: hub.space,
      waiting: (queue) => server.dispatcher.waiting(queue),
      isHealthy: () => stopping === undefined,
    });
    cleanUp.push(
      () =>
        new Promise((resolve) => {
          http.close(() => resolve());
          http.closeAllConnections();
        }),
    );
    const port = await server.listen(HOST, options.port);
    cleanUp.push(() => server.close());
    return { port, managementPort: portOf(http.address()), connectionString: connectionString(port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const connectionString = (port: number): string =>
  `Endpoint=sb://localhost:${port};SharedAccessKeyName=${EMULATOR_KEY.name};SharedAccessKey=${EMULATOR_KEY.value};` +
  "UseDevelopmentEmulator=true;";
