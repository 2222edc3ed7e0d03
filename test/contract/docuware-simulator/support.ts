// What the simulator's contract tests share: one simulator on free ports, a small client, waiting with a bound.
import { z } from "zod";
import { fleet, PROBE } from "../../../local/fleet.ts";
import type { Simulator, SimulatorOptions } from "../../../local/docuware/simulator.ts";
import { startSimulator } from "../../../local/docuware/simulator.ts";

export const ROOT = "/DocuWare/Platform";

export const start = (options: Partial<SimulatorOptions> = {}): Promise<Simulator> =>
  startSimulator({
    organisations: 3,
    basePort: 0,
    identityPort: 0,
    controlPlanePort: 0,
    throttleDelayMs: 5,
    ...options,
  });

const [FIRST, SECOND] = fleet(2).map((member) => member.organisationId);
export const ORG = FIRST ?? "";
export const OTHER = SECOND ?? "";

/** An answer with its parts read; `json` throws when the body is not JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  json<T>(schema: z.ZodType<T>): T;
}

export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: "error", ...init });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString();
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    json: (schema) => schema.parse(JSON.parse(text)),
  };
}

export const json = (value: unknown, method = "POST"): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

export async function tokenEndpoint(simulator: Simulator, organisationId = ORG): Promise<string> {
  const info = await send(`${simulator.platformUrl(organisationId)}${ROOT}/Home/IdentityServiceInfo`, {
    headers: { accept: "application/json" },
  });
  const { IdentityServiceUrl } = info.json(z.object({ IdentityServiceUrl: z.string() }));
  const configuration = await send(`${IdentityServiceUrl}/.well-known/openid-configuration`);
  return configuration.json(z.object({ token_endpoint: z.string() })).token_endpoint;
}

export const grantForm = (fields: Record<string, string>): RequestInit => ({
  method: "POST",
  body: new URLSearchParams({ scope: "docuware.platform", client_id: "docuware.platform.net.client", ...fields }),
});

export const tokenSchema = z.object({
  access_token: z.string(),
  expires_in: z.literal(3600),
  token_type: z.literal("Bearer"),
  scope: z.string(),
});

export async function logOn(
  simulator: Simulator,
  organisationId = ORG,
  who: { username: string; password: string } = PROBE,
): Promise<string> {
  const form = grantForm({ grant_type: "password", username: who.username, password: who.password });
  return (await send(await tokenEndpoint(simulator, organisationId), form)).json(tokenSchema).access_token;
}

export const idSchema = z.object({ Id: z.number() });
const cabinetsSchema = z.object({ FileCabinet: z.array(z.object({ Id: z.string(), IsBasket: z.boolean() })) });
export const resultSchema = z.object({
  Count: z.object({ HasMore: z.boolean(), Value: z.number() }),
  Items: z.array(z.object({ Id: z.number(), Title: z.string() })),
});

/** A signed-in client of one organisation; paths are relative to the Platform root. */
export class Client {
  readonly base: string;
  readonly token: string;
  cabinet = "";

  constructor(base: string, token: string) {
    this.base = base;
    this.token = token;
  }

  static async open(simulator: Simulator, organisationId = ORG, who?: typeof PROBE): Promise<Client> {
    const token = await logOn(simulator, organisationId, who);
    const client = new Client(`${simulator.platformUrl(organisationId)}${ROOT}`, token);
    const cabinets = (await client.call("/FileCabinets")).json(cabinetsSchema);
    client.cabinet = `/FileCabinets/${cabinets.FileCabinet.find((one) => !one.IsBasket)?.Id ?? ""}`;
    return client;
  }

  call(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (!headers.has("accept")) headers.set("accept", "application/json");
    headers.set("authorization", `Bearer ${this.token}`);
    return send(`${this.base}${path}`, { ...init, headers });
  }

  /** Stores a document with these fields and files; answers its id. */
  async store(fields: Record<string, unknown>, ...files: readonly (Buffer | string)[]): Promise<number> {
    const form = new FormData();
    const Fields = Object.entries(fields).map(([FieldName, Item]) => ({ FieldName, Item }));
    form.append("document", new Blob([JSON.stringify({ Fields })], { type: "application/json" }), "index.json");
    for (const [index, file] of files.entries()) {
      const bytes = typeof file === "string" ? Buffer.from(file) : file;
      form.append("File[]", new Blob([new Uint8Array(bytes)], { type: "application/pdf" }), `file-${index + 1}.pdf`);
    }
    const answer = await this.call(`${this.cabinet}/Documents`, { method: "POST", body: form });
    if (answer.status !== 200) throw new Error(`Store answered ${answer.status}: ${answer.text}`);
    return answer.json(idSchema).Id;
  }

  /** The bytes of the document's first file. */
  async data(documentId: number): Promise<Answer> {
    const list = await this.call(`${this.cabinet}/Sections?DocId=${documentId}`);
    const [section] = list.json(z.object({ Section: z.array(z.object({ Id: z.string() })) })).Section;
    return this.call(`${this.cabinet}/Sections/${section?.Id}/Data`, { headers: { accept: "*/*" } });
  }

  search(body: object): Promise<Answer> {
    return this.call(`${this.cabinet}/Query/DialogExpression`, json({ ForceRefresh: true, ...body }));
  }

  /** The titles of what the search finds, in order. */
  async titles(body: object): Promise<readonly string[]> {
    return (await this.search(body)).json(resultSchema).Items.map((item) => item.Title);
  }
}

export const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  result: z.object({ version: z.string(), restorePointId: z.string().optional() }).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

/** Sends one control-plane operation. */
export function operate(
  simulator: Simulator,
  action: string,
  options: { id: string; sequence?: number; scope?: string; body?: object; organisationId?: string },
): Promise<Answer> {
  const { id, sequence = 1, scope = "campaign-1", body, organisationId = ORG } = options;
  return send(`${simulator.controlPlaneUrl}/organisations/${organisationId}/${action}`, {
    method: "POST",
    headers: { "operation-id": id, "operation-sequence": String(sequence), "operation-scope": scope },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export const detailsSchema = z.object({
  availability: z.string(),
  version: z.string(),
  documents: z.number(),
  trash: z.number(),
  operations: z.array(
    z.object({ operationId: z.string(), kind: z.string(), status: z.string(), appliedCount: z.number() }),
  ),
  availabilityHistory: z.array(z.object({ availability: z.string(), at: z.string() })),
});

export const details = async (simulator: Simulator, organisationId = ORG): Promise<z.infer<typeof detailsSchema>> =>
  (await send(`${simulator.controlPlaneUrl}/_simulator/organisations/${organisationId}`)).json(detailsSchema);

export const setFault = (simulator: Simulator, fault: object): Promise<Answer> =>
  send(`${simulator.controlPlaneUrl}/_simulator/faults`, json({ organisationId: ORG, ...fault }));
