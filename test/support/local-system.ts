// The running local system as its users see it: the API as any client, customers' mails, timers by hand, faults; and,
// beside it, what is stored, to see that nothing was.

import { TableClient, TableServiceClient } from "@azure/data-tables";
import { z } from "zod";
import { storageConnectionString } from "../../local/azurite/connection-string.ts";
import { fleetMember } from "../../local/fleet.ts";

export interface Call {
  readonly method?: string;
  readonly path: string;
  /** A local client, e.g. `operator-a`; without it no token is sent. */
  readonly as?: string;
  /** Instead of the client's own. */
  readonly token?: string;
  readonly body?: unknown;
  /** Instead of `body`, as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the answer is no JSON. */
  readonly json: unknown;
  readonly problem: z.output<typeof problemSchema>;
}

const problemSchema = z.looseObject({
  code: z.string().optional(),
  detail: z.string().optional(),
  campaignId: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
});

const mailSchema = z.object({
  operationId: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  plainText: z.string(),
  html: z.string(),
  attachments: z.array(z.object({ name: z.string(), contentType: z.string() })),
});
const mailsSchema = z.object({ mails: z.array(z.object({ operationId: z.string() })) });
export type SinkMail = z.output<typeof mailSchema>;

/** A changing call that was sent, to be compared with the audit log. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly as: string;
  readonly status: number;
}

export type LocalSystem = ReturnType<typeof localSystem>;

export function localSystem(ports: Readonly<Record<string, string>>) {
  const portOf = (name: string): number => Number(ports[`LOCAL_${name}_PORT`]);
  const at = (name: string): string => `http://127.0.0.1:${portOf(name)}`;
  const api = `${at("FUNCTIONS")}/api`;
  const known = new Map<string, Promise<string>>();
  const sent: Sent[] = [];

  const token = async (clientId: string, lifetime = 3600): Promise<string> => {
    const form = {
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: "local",
      scope: "api://docuware-operations/.default",
      lifetime: String(lifetime),
    };
    const answer = await fetch(`${at("TOKENS")}/token`, { method: "POST", body: new URLSearchParams(form) });
    return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
  };
  const tokenOf = (clientId: string): Promise<string> => {
    const present = known.get(clientId) ?? token(clientId);
    known.set(clientId, present);
    return present;
  };

  const call = async ({ method = "GET", path, as, body, text, headers, ...given }: Call): Promise<Answer> => {
    const bearer = given.token ?? (as === undefined ? undefined : await tokenOf(as));
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`${api}${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const { status } = answer;
    if (as !== undefined && method !== "GET" && !path.includes("dryRun=true")) sent.push({ method, path, as, status });
    return answerOf(answer, await answer.text());
  };

  const json = async (url: string): Promise<unknown> => (await fetch(url)).json();
  const sink = at("MAIL");
  /** Mails to this address, oldest first. */
  const mailsTo = async (to: string): Promise<readonly SinkMail[]> => {
    const { mails } = mailsSchema.parse(await json(`${sink}/_sink/mails?limit=500&to=${encodeURIComponent(to)}`));
    const all = mails.map(async ({ operationId }) =>
      mailSchema.parse(await json(`${sink}/_sink/mails/${operationId}`)),
    );
    return (await Promise.all(all)).toReversed();
  };

  return {
    api,
    at,
    token,
    call,
    /** Every changing call so far that came with a local client's token. */
    sent: (): readonly Sent[] => sent,
    mailsTo,
    /** Content of a mail's attachment, by its position. */
    attachment: async ({ operationId }: SinkMail, index: number): Promise<string> =>
      (await fetch(`${sink}/_sink/mails/${operationId}/attachments/${index}`)).text(),
    /** Runs a timer's function now; resolves when the host has begun it. */
    fire: async (name: string): Promise<void> => {
      const headers = { "content-type": "application/json" };
      const url = `${at("FUNCTIONS")}/admin/functions/${name}`;
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ input: "" }) });
      if (answer.status !== 202) throw new Error(`The host refused to run ${name} with ${answer.status}.`);
    },
    fault: async (fault: Readonly<Record<string, unknown>>): Promise<void> => {
      const headers = { "content-type": "application/json" };
      const url = `${at("CONTROL_PLANE")}/_simulator/faults`;
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(fault) });
      if (!answer.ok) throw new Error(`The simulator refused a fault: ${await answer.text()}`);
    },
    /** As the simulated organisation itself says. */
    simulated: async (organisationId: string) =>
      z
        .object({ availability: z.string(), version: z.string() })
        .parse(await json(`${at("CONTROL_PLANE")}/_simulator/organisations/${organisationId}`)),
    /** The body that registers organisation `number` of the sample fleet. */
    organisationBody: (number: number, changes: Readonly<Record<string, unknown>> = {}) => {
      const { name, stamp, ring, timeZone, maintenanceWindow, language, contact } = fleetMember(number);
      const platformUrl = `http://127.0.0.1:${portOf("ORGANISATIONS") + number}`;
      return { name, stamp, ring, timeZone, maintenanceWindow, language, contacts: [contact], platformUrl, ...changes };
    },
    stored: () =>
      storedRows(storageConnectionString({ blob: portOf("BLOB"), queue: portOf("QUEUE"), table: portOf("TABLE") })),
  };
}

function answerOf(answer: Response, text: string): Answer {
  const json = jsonOf(text);
  const problem = problemSchema.safeParse(json).data ?? {};
  return { status: answer.status, headers: answer.headers, text, json, problem };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** These change by themselves, or are meant to change also by a call that is refused. */
const NOT_COMPARED = new Set(["AuditEntries", "FunctionalChecks"]);

/** Every row of every other table, with its ETag, as text: two equal answers mean that nothing was written between them. */
async function storedRows(connectionString: string): Promise<readonly string[]> {
  const options = { allowInsecureConnection: true };
  const rows: string[] = [];
  for await (const { name = "" } of TableServiceClient.fromConnectionString(connectionString, options).listTables()) {
    if (NOT_COMPARED.has(name)) continue;
    const table = TableClient.fromConnectionString(connectionString, name, options);
    for await (const row of table.listEntities()) {
      // The leases of the timers that send come and go by themselves.
      if (row.rowKey !== "sender") rows.push(`${name} ${JSON.stringify(row, numbersAsText)}`);
    }
  }
  return rows.toSorted();
}

const numbersAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** What `look` answers as soon as it answers something. Throws after `seconds`, saying what it waited for. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
