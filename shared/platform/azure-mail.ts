// Mailer on Azure Communication Services. The SDK is loaded with the first mail (azure-mail-client.ts), as no function
// needs it to be registered.
import type { TokenCredential } from "@azure/identity";
import type { Mailer } from "./mail.ts";

export type AzureMailerOptions = (
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential }
) & {
  /** The sender's address, one of the service's verified domain. */
  readonly sender: string;
  /** Milliseconds until a mail must be sent; 60,000 when absent. */
  readonly timeoutMs?: number;
  /** Milliseconds between two questions how a mail stands; 1,000 when absent. */
  readonly pollEveryMs?: number;
};

/** A mail's id is the id of the service's operation: a repetition asks how the first one stands. */
export function azureMailer(options: AzureMailerOptions): Mailer {
  let opened: Promise<Mailer> | undefined;
  const open = (): Promise<Mailer> =>
    (opened ??= import("./azure-mail-client.ts").then(({ openAzureMailer }) => openAzureMailer(options)));
  return { send: async (mail) => (await open()).send(mail) };
}
