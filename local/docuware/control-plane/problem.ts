// The control plane's refusals: one table of codes (control-plane.openapi.yaml, schema Problem).
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

/** Thrown by a handler, answered by the server. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ProblemCode;
  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export function problemReply(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const { status, title } = PROBLEMS[code];
  return reply(status, "application/problem+json", JSON.stringify({ status, code, title, detail }), headers);
}
