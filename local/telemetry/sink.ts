// Application Insights' ingestion endpoint on this machine: takes what the exporter sends (POST /v2.1/track, gzip), keeps
// it and shows it (GET /items). What it cannot read it refuses as the service does.

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { HttpRefusal, listen, readBody, requestUrl, sendJson } from "../support/http-server.ts";

const MAX_REQUEST_BYTES = 5 * 1024 * 1024;
const MAX_UNZIPPED_BYTES = 50 * 1024 * 1024;
const MAX_ITEMS = 200_000;
/** Of nobody: the sink takes any. */
const INSTRUMENTATION_KEY = "00000000-0000-4000-8000-000000000a11";

const unzip = promisify(gunzip);

/** One envelope, as far as it is looked at here; `baseData` differs by `baseType`. */
const itemSchema = z.object({
  name: z.string(),
  time: z.iso.datetime(),
  iKey: z.uuid(),
  sampleRate: z.number().optional(),
  tags: z.record(z.string(), z.string()).default({}),
  data: z.object({
    baseType: z.string(),
    baseData: z.looseObject({ properties: z.record(z.string(), z.string()).optional() }),
  }),
});
export type TelemetryItem = Readonly<z.output<typeof itemSchema>>;

export interface IngestionSink {
  readonly url: string;
  /** For APPLICATIONINSIGHTS_CONNECTION_STRING. */
  readonly connectionString: string;
  /** What has arrived, in its order; the oldest go when there are more than 200,000. */
  readonly items: readonly TelemetryItem[];
  /** Requests that were refused, with the reason. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

/** `port` 0 picks a free one. @throws ClearError when the port is in use. */
export async function startIngestionSink(options: { readonly port: number }): Promise<IngestionSink> {
  const items: TelemetryItem[] = [];
  const refused: string[] = [];
  const server = await listen({
    part: "telemetry",
    port: options.port,
    handle: async (request, response) => {
      const { pathname } = requestUrl(request);
      if (request.method === "GET" && pathname === "/items") return sendJson(response, 200, items);
      if (request.method !== "POST" || !/^\/v2(?:\.1)?\/track$/u.test(pathname))
        throw new HttpRefusal(404, "Not found.");
      await track(request, response, items);
    },
    refuse: (response, status, message) => {
      refused.push(message);
      const errors = [{ index: 0, statusCode: status, message }];
      sendJson(response, status, { itemsReceived: 0, itemsAccepted: 0, errors });
    },
  });
  const connectionString = `InstrumentationKey=${INSTRUMENTATION_KEY};IngestionEndpoint=${server.url}/`;
  return { url: server.url, connectionString, items, refused, stop: () => server.stop() };
}

async function track(request: IncomingMessage, response: ServerResponse, items: TelemetryItem[]): Promise<void> {
  const body = await readBody(request, MAX_REQUEST_BYTES);
  const text = await textOf(body, request.headers["content-encoding"]);
  const read = envelopes(text);
  items.push(...read);
  items.splice(0, items.length - MAX_ITEMS);
  sendJson(response, 200, { itemsReceived: read.length, itemsAccepted: read.length, errors: [] });
}

async function textOf(body: Buffer, encoding: string | undefined): Promise<string> {
  if (encoding === undefined || encoding === "identity") return body.toString("utf8");
  if (encoding !== "gzip")
    throw new HttpRefusal(415, `The content encoding ${encoding} is not known; send gzip or none.`);
  const unzipped = await unzip(body, { maxOutputLength: MAX_UNZIPPED_BYTES }).catch(() => {
    throw new HttpRefusal(400, `The body is no gzip of at most ${MAX_UNZIPPED_BYTES} bytes.`);
  });
  return unzipped.toString("utf8");
}

/** A JSON array, or one JSON object per line. All are read or none. */
function envelopes(text: string): readonly TelemetryItem[] {
  let parsed: unknown;
  try {
    parsed = text.trimStart().startsWith("[")
      ? JSON.parse(text)
      : text
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line));
  } catch {
    throw new HttpRefusal(400, "The body is neither a JSON array nor one JSON object per line.");
  }
  const read = z.array(itemSchema).safeParse(parsed);
  if (!read.success) throw new HttpRefusal(400, `No envelopes: ${z.prettifyError(read.error).slice(0, 1000)}`);
  return read.data;
}
