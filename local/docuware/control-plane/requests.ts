// Reading control-plane calls: headers and bodies by schema, every fault named with the place it is in.
import { z } from "zod";
import type { OperationKind } from "../../../shared/docuware/control-plane/control-plane.ts";
import { BodyTooLarge } from "../http/exchange.ts";
import type { Exchange } from "../http/exchange.ts";
import type { BeginRequest } from "./begin.ts";
import { refusal } from "./problem.ts";

const MAX_BODY_BYTES = 1024 * 1024;

export const ACTIONS = {
  "take-offline": "takeOffline",
  "create-restore-point": "createRestorePoint",
  upgrade: "upgrade",
  restore: "restore",
  "bring-online": "bringOnline",
} as const satisfies Record<string, OperationKind>;

const headersSchema = z.object({
  "operation-id": z.string("is required").regex(/^[A-Za-z0-9:._-]{1,200}$/, "must be 1 to 200 of A-Z a-z 0-9 : . _ -"),
  "operation-sequence": z
    .string("is required")
    .regex(/^\d{1,15}$/, "must be a whole number from 0")
    .transform(Number),
  "operation-scope": z
    .string("is required")
    .regex(/^[A-Za-z0-9:._-]{1,100}$/, "must be 1 to 100 of A-Z a-z 0-9 : . _ -"),
});
const upgradeSchema = z.object({
  targetVersion: z.string().regex(/^[0-9]+(\.[0-9]+){1,3}$/, "must be a version such as 7.13.0.1"),
});
const restoreSchema = z.object({ restorePointId: z.string().min(1) });

/** Parses `value`; a refusal `invalidRequest` names every bad place. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".") || where} ${issue.message}`);
  throw refusal("invalidRequest", `${where}: ${issues.join("; ")}`);
}

export async function jsonBody(exchange: Exchange): Promise<unknown> {
  const bytes = await exchange.body(MAX_BODY_BYTES).catch((error: unknown) => {
    if (error instanceof BodyTooLarge) throw refusal("invalidRequest", error.message);
    throw error;
  });
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw refusal("invalidRequest", "The request body is not JSON.");
  }
}

export async function beginRequest(exchange: Exchange, kind: OperationKind): Promise<BeginRequest> {
  const headers = parse(headersSchema, exchange.request.headers, "headers");
  const common = {
    id: headers["operation-id"],
    sequence: headers["operation-sequence"],
    scope: headers["operation-scope"],
  };
  switch (kind) {
    case "upgrade":
      return { ...common, kind, ...parse(upgradeSchema, await jsonBody(exchange), "body") };
    case "restore":
      return { ...common, kind, ...parse(restoreSchema, await jsonBody(exchange), "body") };
    case "takeOffline":
    case "createRestorePoint":
    case "bringOnline":
      return { ...common, kind };
  }
}
