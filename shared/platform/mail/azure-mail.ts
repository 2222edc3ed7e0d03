// Mailer on Azure Communication Services (azure-mail-client.ts).
import { once } from "../once.ts";
import type { AzureMailerOptions } from "./azure-mail-client.ts";
import type { Mailer } from "./mail.ts";

/** A mail's id is the id of the service's operation: a repetition asks how the first one stands. */
export function azureMailer(options: AzureMailerOptions): Mailer {
  const open = once(async () => (await import("./azure-mail-client.ts")).openAzureMailer(options));
  return { send: async (mail) => (await open()).send(mail) };
}
