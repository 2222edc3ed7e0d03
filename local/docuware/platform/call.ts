// One Platform call: who calls, on which organisation, and how to answer in the form the caller asked for.
import type { z } from "zod";
import type { Faults } from "../faults/faults.ts";
import type { Counters } from "../counters.ts";
import { BodyTooLarge } from "../http/exchange.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Reply } from "../http/reply.ts";
import { jsonReply, reply } from "../http/reply.ts";
import type { Identity, Tokens } from "../identity/tokens.ts";
import type { Throttle } from "../identity/throttle.ts";
import type { Organisation } from "../state/organisation.ts";
import type { Organisations } from "../state/organisations.ts";
import type { Cabinet, Catalog } from "./catalog.ts";
import { badRequest, errorBody, notFound, PlatformError } from "./platform-error.ts";
import { fromXml, toXml } from "./xml.ts";

export const ROOT = "/DocuWare/Platform";
const MAX_JSON_BYTES = 4 * 1024 * 1024;

export interface PlatformContext {
  readonly organisations: Organisations;
  readonly tokens: Tokens;
  readonly cabinetLists: Throttle;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly throttleDelayMs: number;
  readonly identityUrl: () => string;
}

export interface Call {
  readonly context: PlatformContext;
  readonly exchange: Exchange;
  readonly organisation: Organisation;
  readonly catalog: Catalog;
  readonly parameters: Readonly<Record<string, string>>;
  /** Who calls; routes that are open to everybody see "anonymous". */
  readonly identity: Identity;
}

export const now = (call: Call): number => call.context.organisations.now();

/** JSON when asked for, XML otherwise, as the server does it. */
export function wantsJson(exchange: Exchange): boolean {
  return /\bjson\b/i.test(exchange.header("accept") ?? "");
}

/** As recorded of a real DocuWare Cloud. */
const STANDARD = {
  "cache-control": "max-age=0, private",
  vary: "Cookie,Accept,Accept-Encoding",
  "x-served-by": "simulator",
  "request-context": "appId=cid-v1:00000000-0000-4000-8000-000000000000",
} as const;

/** Answers `value`; `root` is its element name in XML. */
export function answer(exchange: Exchange, root: string, value: Readonly<Record<string, unknown>>): Reply {
  if (wantsJson(exchange)) return jsonReply(200, value, STANDARD);
  return reply(200, "application/xml; charset=utf-8", toXml(root, value), STANDARD);
}

export function errorReply(exchange: Exchange, error: PlatformError): Reply {
  const body = errorBody(error, exchange.method, exchange.url);
  const headers = { ...STANDARD, ...error.headers };
  if (wantsJson(exchange)) return jsonReply(error.status, body, headers);
  return reply(error.status, "application/xml; charset=utf-8", toXml("s:Error", body), headers);
}

/** The file cabinet or tray that the path names; ids are not case-sensitive. */
export function cabinetOf(call: Call): Cabinet {
  const id = call.parameters["cabinet"] ?? "";
  const cabinet = call.catalog.cabinets.find((one) => one.id === id.toLowerCase());
  if (cabinet === undefined) throw notFound(`File cabinet "${id}"`);
  return cabinet;
}

/** The JSON or XML request body, parsed by `schema`; an error names the bad place. An empty body is an empty object. */
export async function readBody<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
  const bytes = await limitedBody(call.exchange, MAX_JSON_BYTES);
  return parseBody(bytes, call.exchange.header("content-type") ?? "", schema);
}

export function parseBody<T>(bytes: Buffer, contentType: string, schema: z.ZodType<T>): T {
  const text = bytes.toString();
  const parsed = schema.safeParse(text.trim() === "" ? {} : decodeText(text, contentType));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw badRequest(`The request body is not valid: ${issues.join("; ")}.`);
}

function decodeText(text: string, contentType: string): unknown {
  const isXml = /\bxml\b/i.test(contentType);
  try {
    return isXml ? fromXml(text) : JSON.parse(text);
  } catch {
    throw badRequest(`The request body is not ${isXml ? "XML" : "JSON"}.`);
  }
}

export async function limitedBody(exchange: Exchange, limit: number): Promise<Buffer> {
  try {
    return await exchange.body(limit);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new PlatformError(413, "FileTooLargeException", error.message);
    throw error;
  }
}

/** A link as all answers carry them: relative to the host. */
export const link = (rel: string, path: string): { readonly rel: string; readonly href: string } => ({
  rel,
  href: `${ROOT}${path}`,
});
