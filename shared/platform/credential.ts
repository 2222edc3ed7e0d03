// The app's identity in Azure. The SDK is large and needed neither with connection strings nor to register functions, so
// it is loaded with the first token.
import type { TokenCredential } from "@azure/identity";
import { once } from "./once.ts";

/** The managed identity in Azure; on a developer's machine whoever is signed in with the Azure tools. */
export const azureCredential = async (): Promise<TokenCredential> =>
  lazyCredential(async () => new (await import("@azure/identity")).DefaultAzureCredential());

/** A credential that is loaded with the first token. */
export function lazyCredential(load: () => Promise<TokenCredential>): TokenCredential {
  const credential = once(load);
  return { getToken: async (...args) => (await credential()).getToken(...args) };
}
