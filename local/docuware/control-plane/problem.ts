// The control plane's refusals: one table of codes (control-plane.openapi.yaml, schema Problem).
import { HttpRefusal } from "../../support/http-server.ts";
import type { Reply } from "../http/reply.ts";
import { reply } from "../http/reply.ts";

const PROBLEMS = {
  unknownOrganisation: { status: 404, title: "Organisation unknown" },
  unknownOperation: { status: 404, title: "Operation unknown" },
  unknownRestorePoint: { status: 404, title: "Restore point unknown" },
  invalidRequest: { status: 400, title: "Request invalid" },
  operationInProgress: { status: 409, title: "Another operation is running" },
  staleSequence: { status: 409, title: "Sequence is behind" },
  wrongState: { status: 409, title: "Organisation is in the wrong state" },
  throttled: { status: 429, title: "Too many calls" },
  unavailable: { status: 503, title: "Control plane unavailable" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

/** To be thrown by a handler; the server answers it. */
export const refusal = (code: ProblemCode, detail: string): HttpRefusal =>
  new HttpRefusal(PROBLEMS[code].status, detail, code);

export function problemReply(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const { status, title } = PROBLEMS[code];
  return reply(status, "application/problem+json", JSON.stringify({ status, code, title, detail }), headers);
}
