// The app's identity in Azure. The SDK is large and needed neither with connection strings nor to register functions, so
// it is loaded with the first token.
import type { TokenCredential } from "@azure/identity";

/** The managed identity in Azure; on a developer's machine whoever is signed in with the Azure tools. */
export async function azureCredential(): Promise<TokenCredential> {
  let loaded: Promise<TokenCredential> | undefined;
  const load = async (): Promise<TokenCredential> => new (await import("@azure/identity")).DefaultAzureCredential();
  return { getToken: async (...args) => (await (loaded ??= load())).getToken(...args) };
}
