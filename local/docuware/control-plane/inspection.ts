// `/_simulator`: what tests and people need beside the contract: faults, and the organisations as they are.
import { z } from "zod";
import type { Faults } from "../faults/faults.ts";
import { faultsBody } from "../faults/faults.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Reply } from "../http/reply.ts";
import { jsonReply, reply } from "../http/reply.ts";
import type { OperationRecord } from "../state/model.ts";
import type { Organisation } from "../state/organisation.ts";
import type { Organisations } from "../state/organisations.ts";
import { problemReply, refusal } from "./problem.ts";
import { jsonBody, parse } from "./requests.ts";

export interface InspectionContext {
  readonly organisations: Organisations;
  readonly faults: Faults;
  readonly platformUrl: (organisationId: string) => string;
}

const DEFAULT_PAGE = 100;
const pageSchema = z.object({
  start: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(1).max(1000).default(DEFAULT_PAGE),
});

/** Answers a call below `/_simulator`; `segments` are the path parts after it. */
export async function inspect(context: InspectionContext, exchange: Exchange, segments: string[]): Promise<Reply> {
  const [area, id, ...rest] = segments;
  if (rest.length === 0) {
    if (area === "faults" && id === undefined) return faultsReply(context, exchange);
    if (exchange.method === "GET" && area === "organisations") {
      return id === undefined ? listOrganisations(context, exchange) : oneOrganisation(context, id);
    }
  }
  throw refusal("invalidRequest", `${exchange.method} ${exchange.path} does not exist in the simulator.`);
}

async function faultsReply(context: InspectionContext, exchange: Exchange): Promise<Reply> {
  const { faults, organisations } = context;
  switch (exchange.method) {
    case "GET":
      return jsonReply(200, { faults: faults.list() });
    case "DELETE": {
      const organisationId = exchange.query("organisationId");
      if (organisationId !== undefined) requireMembers(organisations, [organisationId]);
      faults.clear(organisationId);
      return reply(204, undefined, "");
    }
    case "POST": {
      const body = await jsonBody(exchange);
      const wanted = parse(faultsBody, Array.isArray(body) ? body : [body], "faults");
      requireMembers(
        organisations,
        wanted.map((fault) => fault.organisationId),
      );
      try {
        faults.add(wanted);
      } catch (error) {
        if (error instanceof RangeError) throw refusal("invalidRequest", error.message);
        throw error;
      }
      return jsonReply(201, { faults: faults.list() });
    }
    default:
      return problemReply("invalidRequest", "Faults know GET, POST and DELETE.");
  }
}

function requireMembers(organisations: Organisations, ids: readonly string[]): void {
  const unknown = ids.find((id) => organisations.member(id) === undefined);
  if (unknown === undefined) return;
  const known = organisations.members.slice(0, 20).map((member) => member.organisationId);
  const more =
    organisations.members.length > known.length ? `, and ${organisations.members.length - known.length} more` : "";
  throw refusal("invalidRequest", `organisationId "${unknown}" is unknown; allowed: ${known.join(", ")}${more}.`);
}

function listOrganisations(context: InspectionContext, exchange: Exchange): Reply {
  const query = { start: exchange.query("start"), count: exchange.query("count") };
  const { start, count } = parse(pageSchema, query, "query");
  const { members } = context.organisations;
  const items = members.slice(start, start + count).flatMap((member) => {
    const organisation = context.organisations.open(member.organisationId);
    return organisation === undefined ? [] : [summary(context, organisation)];
  });
  const next = start + count < members.length ? { nextStart: start + count } : {};
  return jsonReply(200, { total: members.length, start, items, ...next });
}

function oneOrganisation(context: InspectionContext, id: string): Reply {
  const organisation = context.organisations.open(id);
  if (organisation === undefined) throw refusal("unknownOrganisation", `There is no organisation "${id}".`);
  const { state } = organisation;
  return jsonReply(200, {
    ...summary(context, organisation),
    operations: [...state.operations.values()].map(operationLine),
    availabilityHistory: state.history.map(({ availability, at }) => ({ availability, at: iso(at) })),
    restorePoints: [...state.restorePoints.values()].map(({ id: pointId, version }) => ({ id: pointId, version })),
  });
}

function operationLine({
  id,
  kind,
  status,
  appliedCount,
  scope,
  sequence,
  startedAt,
  endedAt,
}: OperationRecord): object {
  const ended = endedAt === undefined ? {} : { endedAt: iso(endedAt) };
  return { operationId: id, kind, status, appliedCount, scope, sequence, startedAt: iso(startedAt), ...ended };
}

const iso = (at: number): string => new Date(at).toISOString();

function summary(context: InspectionContext, organisation: Organisation): object {
  const { state, member } = organisation;
  const since = state.availability === "offline" ? state.history.at(-1) : undefined;
  return {
    organisationId: member.organisationId,
    number: member.number,
    platformUrl: context.platformUrl(member.organisationId),
    availability: state.availability,
    version: state.version,
    documents: state.documents.size,
    trash: state.trash.size,
    ...(since === undefined ? {} : { offlineSince: iso(since.at) }),
  };
}
