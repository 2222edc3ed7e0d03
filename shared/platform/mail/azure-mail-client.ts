// Mailer on Azure Communication Services with the SDK, loaded by azure-mail.ts at the first mail. The mail's id is the id
// of the service's operation, so that a repetition asks how the first one stands instead of sending a second mail.

import { defined } from "../../kernel/defined.ts";
import { MINUTE_MS } from "../../kernel/time/durations.ts";
import type { TokenCredential } from "@azure/identity";
import { EmailClient, type EmailMessage, type EmailSendOptionalParams } from "@azure/communication-email";
import { PermanentFailure, TransientFailure } from "../../kernel/failures.ts";
import { foreignText } from "../../kernel/foreign-text.ts";
import { retryAfterMs } from "../azure-retry.ts";
import { withDeadline } from "../deadline.ts";
import { checkMail, type Mail, type Mailer, type MailOutcome } from "./mail.ts";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";

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

const TIMEOUT_MS = MINUTE_MS;
const POLL_EVERY_MS = 1000;
const MAX_REASON = 300;

export function openAzureMailer(options: AzureMailerOptions): Mailer {
  // Retries are the caller's: it schedules them with back-off, the mail's id makes them safe.
  const retryOptions = { maxRetries: 0 };
  const endpoint =
    "endpoint" in options ? options.endpoint : (/endpoint=([^;]+)/i.exec(options.connectionString)?.[1] ?? "");
  const additionalPolicies = [{ position: "perCall" as const, policy: sameOriginOnly(endpoint) }];
  const client =
    "connectionString" in options
      ? new EmailClient(options.connectionString, {
          retryOptions,
          additionalPolicies,
          allowInsecureConnection: options.connectionString.toLowerCase().includes("endpoint=http://"),
        })
      : new EmailClient(options.endpoint, options.credential, { retryOptions, additionalPolicies });
  const updateIntervalInMs = options.pollEveryMs ?? POLL_EVERY_MS;
  return {
    async send(mail) {
      checkMail(mail);
      const what = `Mail ${mail.operationId}`;
      try {
        return await withDeadline(what, options.timeoutMs ?? TIMEOUT_MS, (abortSignal) =>
          sendAndWait(client, toMessage(mail, options.sender), {
            operationId: mail.operationId,
            updateIntervalInMs,
            abortSignal,
          }),
        );
      } catch (error) {
        throw translateMailError(what, error);
      }
    },
  };
}

async function sendAndWait(
  client: EmailClient,
  message: EmailMessage,
  options: EmailSendOptionalParams & { abortSignal: AbortSignal },
): Promise<MailOutcome> {
  try {
    const poller = await client.beginSend(message, options);
    const result = await poller.pollUntilDone({ abortSignal: options.abortSignal });
    return result.status === "Succeeded" ? { kind: "sent" } : { kind: "failed", reason: `It ended ${result.status}.` };
  } catch (error) {
    const reason = endedBadly(error);
    if (reason === undefined) throw error;
    return { kind: "failed", reason };
  }
}

/** The SDK throws a plain Error when the operation itself ended as failed or canceled; HTTP errors carry a status. */
function endedBadly(error: unknown): string | undefined {
  if (!(error instanceof Error) || statusOf(error) !== undefined) return undefined;
  const isEnd = /^The long-running operation has (?:failed|been canceled)|^Operation was canceled/.test(error.message);
  return isEnd ? foreignText(error.message, MAX_REASON) : undefined;
}

function toMessage(mail: Mail, senderAddress: string): EmailMessage {
  return {
    senderAddress,
    recipients: { to: mail.to.map((address) => ({ address })) },
    content: { subject: mail.subject, plainText: mail.text, ...defined({ html: mail.html }) },
    ...(mail.attachments === undefined
      ? {}
      : {
          attachments: mail.attachments.map(({ name, contentType, content }) => ({
            name,
            contentType,
            contentInBase64: Buffer.from(content).toString("base64"),
          })),
        }),
    // No tracking pixels and rewritten links in operational mails.
    disableUserEngagementTracking: true,
  };
}

function translateMailError(what: string, error: unknown): Error {
  if (error instanceof TransientFailure || error instanceof PermanentFailure) return error;
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const status = statusOf(error);
  // Below 400: an answer that broke off or could not be read.
  if (status === undefined || status < 400) {
    return new TransientFailure(`${what}: no answer; whether it was sent is unknown.`, { cause: error });
  }
  if (status === 408 || status === 429 || status >= 500) {
    const wait = retryAfterMs(retryAfterHeader(error));
    const options = { cause: error, ...defined({ retryAfterMs: wait }) };
    return new TransientFailure(`${what} cannot be sent now (${status}).`, options);
  }
  const advice = status === 401 || status === 403 ? ": check the app's access to Communication Services" : "";
  return new PermanentFailure(`${what} was refused (${status})${advice}.`, { cause: error });
}

/** The SDK's HTTP error class is not exported: its documented properties are read one by one. */
function statusOf(error: unknown): number | undefined {
  const status = property(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}

function retryAfterHeader(error: unknown): string | undefined {
  const headers = property(property(error, "response"), "headers");
  const json = property(headers, "toJSON");
  const plain: unknown = typeof json === "function" ? json.call(headers) : undefined;
  const value = property(plain, "retry-after");
  return typeof value === "string" ? value : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

// For SDKs of Azure: an answer may name the address to ask next (operation-location), and the SDK would take the app's token
// there. The address in the settings is the operator's own; an answer leads nowhere else.

/** What was asked for may have been done all the same: whoever asks must ask again. */
function sameOriginOnly(endpoint: string): PipelinePolicy {
  const { origin } = new URL(endpoint);
  return {
    name: "sameOriginOnly",
    sendRequest: async (request, next) => {
      if (new URL(request.url).origin === origin) return next(request);
      throw new TransientFailure(`An answer of ${origin} named an address on another host; nothing is sent there.`);
    },
  };
}
