// The sink's own routes under /_sink: read the mails, set faults. Local only, without authentication.
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { HttpRefusal, parseJson, readBody, sendJson } from "../support/http-server.ts";
import { faultsSchema, type Faults } from "./faults.ts";
import { isAddressedTo, type MailStore } from "./mail-store.ts";
import type { Reports } from "./reports.ts";

const MAX_FAULTS_BYTES = 100_000;

const querySchema = z.strictObject({
  /** Only mails to this address. */
  to: z.string().optional(),
  subject: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(20_000).default(100),
});

/** Answers `/_sink/...`. @throws HttpRefusal for what it does not know. */
export async function handleSinkApi(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  parts: { readonly store: MailStore; readonly faults: Faults; readonly reports: Reports | undefined },
): Promise<void> {
  const { store } = parts;
  const [, , area, id, item, position] = url.pathname.split("/");
  if (area === "faults" && id === undefined) return handleFaults(request, response, parts);
  if (area !== "mails") throw new HttpRefusal(404, "Try /_sink/mails or /_sink/faults.");
  if (request.method !== "GET") throw new HttpRefusal(405, `${url.pathname} takes GET.`);
  if (id === undefined) return listMails(response, url, store);
  if (item === undefined) return sendJson(response, 200, present(store.read(id), id));
  if (item === "message.eml" && position === undefined) {
    return sendFile(response, "message/rfc822", `${id}.eml`, Buffer.from(present(store.eml(id), id)));
  }
  const index = /^\d{1,3}$/u.test(position ?? "") ? Number(position) : -1;
  const attachment = present(store.summary(id), id).attachments[index];
  if (item !== "attachments" || attachment === undefined)
    throw new HttpRefusal(404, "The mail has no such attachment.");
  sendFile(response, "application/octet-stream", attachment.name, present(store.attachment(id, index), id));
}

function present<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new HttpRefusal(404, `There is no mail ${id}.`);
  return value;
}

function listMails(response: ServerResponse, url: URL, store: MailStore): void {
  const query = querySchema.safeParse(Object.fromEntries(url.searchParams));
  if (!query.success) throw new HttpRefusal(400, `Query: ${z.prettifyError(query.error)}`);
  const { to, subject, limit } = query.data;
  const mails = store
    .list()
    .filter((mail) => to === undefined || isAddressedTo(mail, to))
    .filter((mail) => subject === undefined || mail.subject.includes(subject));
  // Newest first.
  sendJson(response, 200, { total: mails.length, mails: mails.slice(-limit).toReversed() });
}

async function handleFaults(
  request: IncomingMessage,
  response: ServerResponse,
  { faults, reports }: { readonly faults: Faults; readonly reports: Reports | undefined },
): Promise<void> {
  switch (request.method) {
    case "GET":
      break;
    case "DELETE":
      faults.clear();
      break;
    case "POST": {
      const parsed = faultsSchema.safeParse(parseJson(await readBody(request, MAX_FAULTS_BYTES)));
      if (!parsed.success) {
        const shapes =
          '{"effect":"fail","address":"it@one.example","times":1}, {"effect":"bounce","address":"it@one.example"} or {"effect":"throttle","times":3}';
        throw new HttpRefusal(400, `Not a fault. Send ${shapes}, alone or in a list. ${z.prettifyError(parsed.error)}`);
      }
      if (reports === undefined && parsed.data.some(({ effect }) => effect === "bounce")) {
        throw new HttpRefusal(
          409,
          "This sink reports to nobody: start it with --reports CONNECTION_STRING of the bus.",
        );
      }
      faults.add(parsed.data);
      break;
    }
    default:
      throw new HttpRefusal(405, "/_sink/faults takes GET, POST and DELETE.");
  }
  sendJson(response, 200, { faults: faults.list() });
}

/** Always as a download: what a mail carries is never shown as a page of this origin. */
function sendFile(response: ServerResponse, type: string, name: string, content: Buffer): void {
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": content.length,
    "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
  });
  response.end(content);
}
