// One Platform call: who calls, on which organisation, and how to answer in the form the caller asked for.
import type { z } from "zod";
import type { Faults } from "../faults/faults.ts";
import { BodyTooLarge } from "../http/exchange.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Reply } from "../http/reply.ts";
import { jsonReply } from "../http/reply.ts";
import type { Identity, Tokens } from "../identity/tokens.ts";
import type { Throttle } from "../identity/throttle.ts";
import type { Organisation } from "../state/organisation.ts";
import type { Organisations } from "../state/organisations.ts";
import type { Cabinet, Catalog } from "./catalog.ts";
import { badRequest, errorBody, notFound, PlatformError } from "./platform-error.ts";

export const ROOT = "/DocuWare/Platform";
const MAX_JSON_BYTES = 4 * 1024 * 1024;

export interface PlatformContext {
  readonly organisations: Organisations;
  readonly tokens: Tokens;
  readonly cabinetLists: Throttle;
  readonly faults: Faults;
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

/** As recorded of a real DocuWare Cloud. */
const STANDARD = {
  "cache-control": "max-age=0, private",
  vary: "Cookie,Accept,Accept-Encoding",
  "x-served-by": "simulator",
  "request-context": "appId=cid-v1:00000000-0000-4000-8000-000000000000",
} as const;

/** Answers `value` as JSON. To whoever does not ask for that DocuWare answers in XML, which is not served here. */
export function answer(exchange: Exchange, value: Readonly<Record<string, unknown>>): Reply {
  if (/\bjson\b/i.test(exchange.header("accept") ?? "")) return jsonReply(200, value, STANDARD);
  throw new PlatformError(
    406,
    "NotSupportedException",
    "The simulator answers in JSON only: send Accept: application/json.",
  );
}

export function errorReply(exchange: Exchange, error: PlatformError): Reply {
  return jsonReply(error.status, errorBody(error, exchange.method, exchange.url), { ...STANDARD, ...error.headers });
}

/** The file cabinet or tray that the path names; ids are not case-sensitive. */
export function cabinetOf(call: Call): Cabinet {
  const id = call.parameters["cabinet"] ?? "";
  const cabinet = call.catalog.cabinets.find((one) => one.id === id.toLowerCase());
  if (cabinet === undefined) throw notFound(`File cabinet "${id}"`);
  return cabinet;
}

/** The JSON request body, parsed by `schema`; an error names the bad place. */
export const readBody = async <T>(call: Call, schema: z.ZodType<T>): Promise<T> =>
  parseBody(await limitedBody(call.exchange, MAX_JSON_BYTES), schema);

export function parseBody<T>(bytes: Buffer, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(decodeText(bytes.toString()));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw badRequest(`The request body is not valid: ${issues.join("; ")}.`);
}

function decodeText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("The request body is not JSON.");
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
