// Bus on Azure Service Bus (or a broker that speaks its protocol). The SDK is loaded with the first call
// (azure-bus-client.ts), as no function needs it to be registered.
import type { AzureBusOptions } from "./azure-bus-client.ts";
import type { Bus } from "./bus.ts";

/** One connection, one sender per queue, both made at the first message; each call ends within its deadline. */
export function azureBus(options: AzureBusOptions): Bus {
  let opened: Promise<Bus> | undefined;
  const open = (): Promise<Bus> =>
    (opened ??= import("./azure-bus-client.ts").then(({ openAzureBus }) => openAzureBus(options)));
  return {
    send: async (queue, messages) => (await open()).send(queue, messages),
    // Also what was never used is closed: a message that comes later must not open a connection again.
    close: async () => (await open()).close(),
  };
}
