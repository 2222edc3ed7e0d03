// The Service Bus clients of one function, one per connection setting.
import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from "@azure/service-bus";
import type { ServiceBusOptions } from "../host-config.ts";
import { within } from "../pause.ts";
import { findSetting, type Settings } from "../settings.ts";

const MAX_RETRY_DELAY_MS = 5000;
const CLOSE_LIMIT_MS = 5000;

/** The connection setting is missing or not usable: worth another look later, but not soon. */
export class ConnectionUnusable extends Error {
  override readonly name = "ConnectionUnusable";
}

export interface BusClients {
  /** @throws ConnectionUnusable */
  get(connection: string): Promise<ServiceBusClient>;
  /** The present client hangs: the next `get` opens another one, and this one is closed without waiting for it. */
  renew(connection: string): void;
  /** At most 5 s a client: the other side may not answer. */
  close(): Promise<void>;
}

export function busClients(settings: Settings, options: ServiceBusOptions): BusClients {
  const clients = new Map<string, Promise<ServiceBusClient>>();
  return {
    get(connection) {
      const key = connection.toLowerCase();
      const existing = clients.get(key);
      if (existing !== undefined) return existing;
      const opening = openClient(connection, settings, clientOptions(options));
      clients.set(key, opening);
      // A failed one is tried anew next time.
      opening.catch(() => clients.delete(key));
      return opening;
    },
    renew(connection) {
      const hanging = clients.get(connection.toLowerCase());
      clients.delete(connection.toLowerCase());
      // Its failure is of no interest: everything on it is given up.
      hanging?.then((one) => one.close()).catch(() => undefined);
    },
    async close() {
      const open = [...clients.values()];
      clients.clear();
      await Promise.all(
        open.map((one) =>
          within(
            CLOSE_LIMIT_MS,
            one.then((client) => client.close()),
          ),
        ),
      );
    },
  };
}

const clientOptions = ({ retry }: ServiceBusOptions): ServiceBusClientOptions => ({
  retryOptions: {
    maxRetries: retry.maxRetries,
    retryDelayInMs: retry.delayMs,
    // A local broker that was restarted should be found again in seconds, however long it was away.
    maxRetryDelayInMs: Math.min(retry.maxDelayMs, MAX_RETRY_DELAY_MS),
    mode: retry.mode === "exponential" ? RetryMode.Exponential : RetryMode.Fixed,
    timeoutInMs: retry.tryTimeoutMs,
  },
});

async function openClient(
  connection: string,
  settings: Settings,
  options: ServiceBusClientOptions,
): Promise<ServiceBusClient> {
  const text = findSetting(settings, connection) ?? findSetting(settings, `AzureWebJobs${connection}`);
  if (text !== undefined && text !== "") {
    try {
      return new ServiceBusClient(text, options);
    } catch {
      // Not the SDK's message: it may quote the connection string.
      throw new ConnectionUnusable(`The setting '${connection}' is not a Service Bus connection string.`);
    }
  }
  const namespace = findSetting(settings, `${connection}__fullyQualifiedNamespace`);
  if (namespace !== undefined && namespace !== "") {
    // Loaded only where an identity is used: it takes a third of a second.
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new ServiceBusClient(namespace, new DefaultAzureCredential(), options);
  }
  throw new ConnectionUnusable(
    `Microsoft Azure WebJobs SDK ServiceBus connection string with name '${connection}' does not exist ` +
      `(set ${connection} or ${connection}__fullyQualifiedNamespace).`,
  );
}
