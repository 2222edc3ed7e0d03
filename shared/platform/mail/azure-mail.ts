// Mailer on Azure Communication Services. The SDK is loaded with the first mail (azure-mail-client.ts), as no function
// needs it to be registered.
import type { AzureMailerOptions } from "./azure-mail-client.ts";
import type { Mailer } from "./mail.ts";

/** A mail's id is the id of the service's operation: a repetition asks how the first one stands. */
export function azureMailer(options: AzureMailerOptions): Mailer {
  let opened: Promise<Mailer> | undefined;
  const open = (): Promise<Mailer> =>
    (opened ??= import("./azure-mail-client.ts").then(({ openAzureMailer }) => openAzureMailer(options)));
  return { send: async (mail) => (await open()).send(mail) };
}
