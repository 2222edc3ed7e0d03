// The Service Bus clients of one function, one per connection setting.
import { RetryMode, ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusOptions } from "../host-config.ts";
import { within } from "../pause.ts";
import type { Settings } from "../settings.ts";

const RETRY = { mode: RetryMode.Exponential, retryDelayInMs: 800, maxRetryDelayInMs: 5000 };
const CLOSE_LIMIT_MS = 5000;

/** The connection setting is missing or not usable: worth another look later, but not soon. */
export class ConnectionUnusable extends Error {
  override readonly name = "ConnectionUnusable";
}

export interface BusClients {
  /** @throws ConnectionUnusable */
  get(connection: string): ServiceBusClient;
  /** The present client hangs: the next `get` opens another one, and this one is closed without waiting for it. */
  renew(connection: string): void;
  /** At most 5 s a client: the other side may not answer. */
  close(): Promise<void>;
}

export function busClients(settings: Settings, options: ServiceBusOptions): BusClients {
  const clients = new Map<string, ServiceBusClient>();
  return {
    get(connection) {
      const client = clients.get(connection) ?? openClient(connection, settings[connection], options);
      clients.set(connection, client);
      return client;
    },
    renew(connection) {
      const hanging = clients.get(connection);
      clients.delete(connection);
      // Its failure is of no interest: everything on it is given up.
      hanging?.close().catch(() => undefined);
    },
    async close() {
      const open = [...clients.values()];
      clients.clear();
      await Promise.all(open.map((client) => within(CLOSE_LIMIT_MS, client.close())));
    },
  };
}

function openClient(connection: string, text: string | undefined, options: ServiceBusOptions): ServiceBusClient {
  if (text === undefined || text === "") {
    throw new ConnectionUnusable(
      `Microsoft Azure WebJobs SDK ServiceBus connection string with name '${connection}' does not exist.`,
    );
  }
  const { maxRetries, tryTimeoutMs: timeoutInMs } = options;
  // A local broker that was restarted should be found again in seconds, however long it was away.
  const retryOptions = { ...RETRY, maxRetries, timeoutInMs };
  try {
    return new ServiceBusClient(text, { retryOptions });
  } catch {
    // Not the SDK's message: it may quote the connection string.
    throw new ConnectionUnusable(`The setting '${connection}' is not a Service Bus connection string.`);
  }
}
