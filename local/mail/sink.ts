// The mail sink: takes mails over the e-mail REST API of Azure Communication Services and keeps them for reading.
import { defined } from "../../shared/kernel/defined.ts";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpRefusal, listen, requestUrl } from "../support/http-server.ts";
import { MAIL_ACCESS_KEY } from "./access-key.ts";
import { createFaults } from "./faults.ts";
import { openMailStore } from "./mail-store.ts";
import { CONTENT_SECURITY_POLICY, listPage, mailPage } from "./pages.ts";
import type { Reports } from "./reports.ts";
import type { Quota } from "./quota.ts";
import { createMailService, sendError, statusOf } from "./service.ts";
import { handleSinkApi } from "./sink-api.ts";

const STANDARD_PROCESSING_MS = 200;

export interface MailSinkOptions {
  /** 0 picks a free port. */
  readonly port: number;
  readonly host?: string;
  /** Where the mails are kept; without it they are kept until the sink stops. */
  readonly dataDir?: string;
  /** Sends beyond it are answered with 429 and Retry-After; unlimited when left out. */
  readonly quota?: Quota;
  /** Where lost mails are reported (bounce faults). */
  readonly reports?: Reports;
  /** How long a mail's operation is `Running` (default 200 ms). */
  readonly processingMs?: number;
  /** Milliseconds since the Unix epoch; the wall clock when left out. */
  readonly now?: () => number;
}

export interface MailSink {
  readonly url: string;
  /** For `new EmailClient(connectionString)`. */
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** The connection string of a sink at `url`, with the well-known local key. */
export const mailConnectionString = (url: string): string => `endpoint=${url}/;accesskey=${MAIL_ACCESS_KEY}`;

/** @throws ClearError when the port is in use or the folder holds something that is not a mail. */
export async function startMailSink(options: MailSinkOptions): Promise<MailSink> {
  const temporary = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), "mail-sink-")) : undefined;
  const parts = {
    store: openMailStore(options.dataDir ?? temporary ?? ""),
    faults: createFaults(),
    accessKey: MAIL_ACCESS_KEY,
    quota: options.quota,
    processingMs: options.processingMs ?? STANDARD_PROCESSING_MS,
    reports: options.reports,
    now: options.now ?? Date.now,
    url: () => server.url,
  };
  const service = createMailService(parts);
  const server = await listen({
    part: "mail",
    port: options.port,
    ...defined({ host: options.host }),
    handle: async (request, response) => {
      const url = requestUrl(request);
      if (url.pathname.startsWith("/emails")) return service(request, response, url);
      if (url.pathname.startsWith("/_sink/")) return handleSinkApi(request, response, url, parts);
      showPage(request, response, url, parts);
    },
    refuse: (response, status, message) =>
      sendError(response, status, status >= 500 ? "InternalError" : "BadRequest", message),
  });
  return {
    url: server.url,
    connectionString: mailConnectionString(server.url),
    async stop() {
      await server.stop();
      await options.reports?.close();
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    },
  };
}

type Shown = Pick<Parameters<typeof createMailService>[0], "store" | "processingMs" | "now">;

function showPage(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { store, processingMs, now }: Shown,
): void {
  const id = /^\/mails\/([^/]+)$/u.exec(url.pathname)?.[1];
  const mail = id === undefined ? undefined : store.read(id);
  if (request.method !== "GET" || (url.pathname !== "/" && mail === undefined)) {
    throw new HttpRefusal(404, "There is nothing here. GET / lists the mails.");
  }
  const html =
    mail === undefined
      ? listPage(store.list(), url.searchParams.get("search") ?? "", (one) => statusOf(one, processingMs, now()))
      : mailPage(mail, statusOf(mail, processingMs, now()));
  response.writeHead(200, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
  });
  response.end(html);
}
