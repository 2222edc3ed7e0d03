// HTTP side of the control plane: control-plane.openapi.yaml, and `/_simulator` beside it.
import { HttpRefusal } from "../../support/http-server.ts";
import { withFault } from "../faults/inject.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Outcome } from "../http/reply.ts";
import { jsonReply } from "../http/reply.ts";
import type { Organisation } from "../state/organisation.ts";
import type { InspectionContext } from "./inspection.ts";
import { inspect } from "./inspection.ts";
import type { OperationsContext } from "./operations.ts";
import { beginOperation, operationReply } from "./operations.ts";
import { isProblemCode, problemReply, refusal } from "./problem.ts";
import { ACTIONS, beginRequest } from "./requests.ts";

export type ControlPlaneContext = OperationsContext & InspectionContext & { readonly throttleDelayMs: number };

/** Answers every call to the control-plane port. */
export async function handleControlPlane(context: ControlPlaneContext, exchange: Exchange): Promise<Outcome> {
  try {
    const segments = exchange.path.split("/").slice(1).map(decode);
    const [area, ...rest] = segments;
    if (area === "_simulator") return await inspect(context, exchange, rest);
    if (area === "organisations" && rest.length > 0) return await organisationCall(context, exchange, rest);
    throw refusal("invalidRequest", `${exchange.method} ${exchange.path} does not exist.`);
  } catch (error) {
    if (error instanceof HttpRefusal && isProblemCode(error.code)) return problemReply(error.code, error.message);
    throw error;
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refusal("invalidRequest", "The path is not valid percent-encoding.");
  }
}

async function organisationCall(context: ControlPlaneContext, exchange: Exchange, rest: string[]): Promise<Outcome> {
  const [organisationId = "", action, operationId, tooMuch] = rest;
  const open = (): Organisation => {
    const organisation = context.organisations.open(organisationId);
    if (organisation !== undefined) return organisation;
    throw refusal("unknownOrganisation", `There is no organisation "${organisationId}".`);
  };
  open();
  if (exchange.method === "GET" && action === undefined) {
    return call(context, exchange, organisationId, "getStatus", async () => {
      const { availability, version } = open().state;
      return jsonReply(200, { organisationId, availability, version });
    });
  }
  if (exchange.method === "GET" && action === "operations" && operationId !== undefined && tooMuch === undefined) {
    return call(context, exchange, organisationId, "getOperation", async () =>
      operationReply(context, open(), operationId),
    );
  }
  const kind = Object.entries(ACTIONS).find(([name]) => name === action)?.[1];
  if (exchange.method === "POST" && kind !== undefined && operationId === undefined) {
    return call(context, exchange, organisationId, kind, async () => {
      const request = await beginRequest(exchange, kind);
      // Opened after the body has come: the decision must see the organisation as of now.
      return beginOperation(context, open(), request);
    });
  }
  throw refusal("invalidRequest", `${exchange.method} ${exchange.path} does not exist.`);
}

function call(
  context: ControlPlaneContext,
  exchange: Exchange,
  organisationId: string,
  operation: string,
  proceed: () => Promise<Outcome>,
): Promise<Outcome> {
  const fault = context.faults.take(organisationId, "controlPlane", operation);
  const failed = (message: string | undefined) =>
    problemReply("unavailable", message ?? `${operation} is unavailable (fault of the simulator).`, {
      "retry-after": "1",
    });
  const throttled = async () => {
    await exchange.pause(context.throttleDelayMs);
    return problemReply("throttled", "Too many calls (fault of the simulator).", { "retry-after": "1" });
  };
  return withFault(fault, exchange, { failed, throttled }, proceed);
}
