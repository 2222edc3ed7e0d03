// The Platform API of one organisation: finds the route, decides who may pass, lets faults happen, answers.
import type { PlatformOperation } from "../faults/faults.ts";
import { withFault } from "../faults/inject.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Outcome, Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";
import type { Identity } from "../identity/tokens.ts";
import * as cabinets from "./cabinets.ts";
import type { Call, PlatformContext } from "./call.ts";
import { errorReply, ROOT } from "./call.ts";
import { catalogOf } from "./catalog.ts";
import * as documents from "./documents.ts";
import * as organization from "./organization.ts";
import { notFound, PlatformError } from "./platform-error.ts";
import { dialogExpression } from "./search.ts";
import * as sections from "./sections.ts";
import * as trash from "./trash.ts";

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly operation: PlatformOperation;
  readonly handle: (call: Call) => Promise<Reply>;
  /** "anonymous": no token needed. "always": neither a token nor an online organisation (finding the way to log on). */
  readonly access: "token" | "anonymous" | "always";
}

type Access = Route["access"];
type Spec = readonly [string, string, PlatformOperation, Route["handle"], Access?];

const CABINET = "filecabinets/:cabinet";
const DOCUMENT = `${CABINET}/documents/:document`;
const SPECS: readonly Spec[] = [
  ["GET", "", "version", organization.serviceDescription, "anonymous"],
  ["GET", "home/identityserviceinfo", "discovery", organization.identityServiceInfo, "always"],
  ["GET", "account/logoff", "logoff", organization.logoff],
  ["GET", "filecabinets", "cabinets", cabinets.listCabinets],
  ["GET", `${CABINET}/dialogs`, "dialogs", cabinets.listDialogs],
  ["GET", `${CABINET}/dialogs/:dialog`, "dialogs", cabinets.getDialog],
  ["POST", `${CABINET}/query/dialogexpression`, "search", dialogExpression],
  ["POST", `${CABINET}/documents`, "store", documents.storeDocument],
  ["GET", DOCUMENT, "fetch", documents.fetchDocument],
  ["DELETE", DOCUMENT, "delete", documents.deleteDocument],
  ["PUT", `${DOCUMENT}/fields`, "update", documents.updateFields],
  ["GET", `${CABINET}/sections`, "fetch", sections.listSections],
  ["GET", `${CABINET}/sections/:section/data`, "download", sections.sectionData],
  ["POST", "trashbin/query", "trashQuery", trash.queryTrash],
  ["POST", "trashbin/batchdelete", "trashDelete", trash.deleteFromTrash],
];

const ROUTES: readonly Route[] = SPECS.map(([method, path, operation, handle, access = "token"]) => ({
  method,
  segments: path === "" ? [] : path.split("/"),
  operation,
  handle,
  access,
}));

/** Answers a call that came in on the port of `organisationId`. */
export async function handlePlatform(
  context: PlatformContext,
  organisationId: string,
  exchange: Exchange,
): Promise<Outcome> {
  try {
    const { route, parameters } = findRoute(exchange);
    const fault = context.faults.take(organisationId, "platform", route.operation);
    const replies = {
      failed: (message: string | undefined) =>
        errorReply(exchange, new PlatformError(500, "InvalidOperationException", message ?? "Fault of the simulator.")),
      throttled: async () => {
        await exchange.pause(context.throttleDelayMs);
        const message = "Too many requests (fault of the simulator).";
        return errorReply(exchange, new PlatformError(429, "ClientThrottleException", message, { "retry-after": "1" }));
      },
    };
    return await withFault(fault, exchange, replies, () => admit(context, organisationId, exchange, route, parameters));
  } catch (error) {
    if (error instanceof PlatformError) return errorReply(exchange, error);
    throw error;
  }
}

interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Paths are matched without regard to case and to a slash at the end; a redirect would break existing clients. */
function findRoute(exchange: Exchange): Match {
  const path = exchange.path.replace(/\/+$/, "");
  if (path.slice(0, ROOT.length).toLowerCase() !== ROOT.toLowerCase()) throw notFound(`"${exchange.path}"`);
  const rest = path.slice(ROOT.length);
  if (rest !== "" && !rest.startsWith("/")) throw notFound(`"${exchange.path}"`);
  const parts = rest === "" ? [] : rest.slice(1).split("/");
  const methods: string[] = [];
  for (const route of ROUTES) {
    const parameters = matchSegments(route.segments, parts);
    if (parameters === undefined) continue;
    if (route.method === exchange.method) return { route, parameters };
    methods.push(route.method);
  }
  if (methods.length === 0) throw notFound(`"${exchange.path}"`);
  const allow = { allow: methods.join(", ") };
  throw new PlatformError(405, "NotSupportedException", `${exchange.method} is not allowed here.`, allow);
}

function matchSegments(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if (segment.startsWith(":")) parameters[segment.slice(1)] = decodePart(part);
    else if (segment !== part.toLowerCase()) return undefined;
  }
  return parameters;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound(`"${part}"`);
  }
}

async function admit(
  context: PlatformContext,
  organisationId: string,
  exchange: Exchange,
  route: Route,
  parameters: Readonly<Record<string, string>>,
): Promise<Reply> {
  const identity = await identify(context, organisationId, exchange);
  const organisation = context.organisations.open(organisationId);
  if (organisation === undefined) throw notFound(`Organisation "${organisationId}"`);
  const isOffline = organisation.state.availability === "offline";
  if (isOffline && route.access !== "always" && identity?.isVerification !== true) return maintenancePage();
  if (identity === undefined && route.access === "token") return unauthorized(exchange);
  const caller = identity ?? { username: "anonymous", isVerification: false, organisationId };
  const catalog = catalogOf(organisation.member);
  return route.handle({ context, exchange, organisation, catalog, parameters, identity: caller });
}

async function identify(
  context: PlatformContext,
  organisationId: string,
  exchange: Exchange,
): Promise<Identity | undefined> {
  const bearer = /^Bearer (.+)$/i.exec(exchange.header("authorization") ?? "")?.[1];
  return bearer === undefined ? undefined : context.tokens.verifyAccess(bearer, organisationId);
}

const html = (status: number, text: string, head: string, headers: Record<string, string>): Reply =>
  reply(status, "text/html; charset=utf-8", `<html><head>${head}</head><body>${text}</body></html>`, headers);

/** DocuWare answers a missing or invalid token with a page, not with an error object and not with a redirect. */
function unauthorized(exchange: Exchange): Reply {
  const target = `${ROOT}/LoginRedirect?returnUrl=${encodeURIComponent(exchange.url)}`;
  return html(401, "Unauthorized", `<meta http-equiv="refresh" content="0;url=${target}">`, {
    "www-authenticate": "Bearer",
  });
}

const maintenancePage = (): Reply =>
  html(503, "Your DocuWare system is being updated and will be back soon.", "<title>Maintenance</title>", {
    "retry-after": "60",
  });
