// The app's identity in Azure. The SDK is large and not needed with connection strings, so it is loaded on demand.
import type { DefaultAzureCredential } from "@azure/identity";

/** The managed identity in Azure; on a developer's machine whoever is signed in with the Azure tools. */
export async function azureCredential(): Promise<DefaultAzureCredential> {
  const { DefaultAzureCredential: Credential } = await import("@azure/identity");
  return new Credential();
}
