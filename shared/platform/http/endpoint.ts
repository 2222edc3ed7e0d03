// HTTP endpoints as data: what they take, what they answer, who may call them. The handler (to-http-handler.ts) and the
// OpenAPI document (openapi.ts) are both made from this.
import { z } from "zod";
import type { Actor } from "../../kernel/actor.ts";
import { illFormed, pointerStep } from "./ill-formed.ts";
import { type Problem, problem, type ProblemIssue } from "./problems.ts";
import type { Role } from "./roles.ts";

export type BodyType = "application/json" | "application/x-www-form-urlencoded";

export interface Caller {
  readonly actor: Actor;
  readonly roles: readonly Role[];
}

/** The caller of public endpoints, which see no token. */
export const ANONYMOUS: Caller = { actor: { kind: "tool", clientId: "anonymous" }, roles: [] };

export interface RequestHeaders {
  /** As sent: one ETag or `*`. */
  readonly ifMatch?: string;
  /** As sent: the ETags of the answers that the caller has, or `*`. */
  readonly ifNoneMatch?: string;
  /** 1 to 200 visible ASCII characters. */
  readonly idempotencyKey?: string;
}

export interface AnswerHeaders {
  readonly etag?: string;
  /** Path or absolute URL of what was made. */
  readonly location?: string;
  readonly retryAfterSeconds?: number;
  /** For how long the caller alone may keep the answer; nobody keeps it when absent. */
  readonly cacheSeconds?: number;
  /** Under which name a browser saves the answer: letters, digits, dots and dashes. */
  readonly fileName?: string;
}

type Immutable<T> = unknown extends T
  ? T
  : T extends string | number | boolean | bigint | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Immutable<Item>[]
      : { readonly [Key in keyof T]: Immutable<T[Key]> };

type Answers = Readonly<Record<number, z.ZodType>>;

/** One of the declared answers. `z.undefined()` as schema stands for an empty body, content.ts for other types than JSON. */
export type Answer<A extends Answers> = {
  [Status in keyof A & number]: A[Status] extends z.ZodUndefined
    ? { readonly status: Status; readonly headers?: AnswerHeaders; readonly body?: undefined }
    : { readonly status: Status; readonly headers?: AnswerHeaders; readonly body: Immutable<z.output<A[Status]>> };
}[keyof A & number];

interface Described {
  /** Name of the function: lower case words with dashes. */
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Without the prefix /api and without a leading slash, e.g. `campaigns/{campaignId}`. */
  readonly route: string;
  /** The app role a caller needs; `public` endpoints take no token. */
  readonly role: Role | "public";
  readonly summary: string;
}

type NoFields = z.ZodType<Readonly<Record<string, never>>>;

interface Definition<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends Answers,
> extends Described {
  readonly params?: P;
  /** Without it any query parameter is refused. */
  readonly query?: Q;
  readonly body?: B;
  /** JSON when absent. */
  readonly bodyType?: BodyType;
  /** 262,144 when absent. */
  readonly maxBodyBytes?: number;
  /** The caller is another system, which does not mend what it sent: text of the body that is ill-formed is made good. */
  readonly isForeign?: true;
  /**
   * Every method but GET is written to the audit log (audit-hook.ts). `true` for a GET that must be; `not` says why a
   * call that changes something is not.
   */
  readonly audited?: true | { readonly not: string };
  readonly answers: A;
  readonly handle: (request: {
    readonly params: z.output<P>;
    readonly query: z.output<Q>;
    readonly body: z.output<B>;
    readonly caller: Caller;
    readonly headers: RequestHeaders;
  }) => Promise<Answer<A> | Problem>;
}

/** What came in, before any schema has seen it. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly caller: Caller;
  readonly headers: RequestHeaders;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers?: AnswerHeaders;
  readonly body?: unknown;
}

/** A request whose parts fit their schemas; they are the schemas' outputs. */
export interface ValidRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Calls the handler. */
  act(): Promise<RawAnswer | Problem>;
}

/** An endpoint with its types closed over: lists of different endpoints have one type. */
export interface Endpoint extends Described {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType | undefined;
  readonly bodyType: BodyType;
  readonly maxBodyBytes: number;
  readonly isForeign: boolean;
  readonly answers: Answers;
  readonly isAudited: boolean;
  /** Compares all parts with their schemas. Nothing is done yet. */
  validate(request: RawRequest): ValidRequest | Problem;
}

const DEFAULT_MAX_BODY_BYTES = 256 * 1024;
const MAX_ISSUES = 20;
const NOTHING = z.strictObject({});

export function defineEndpoint<
  P extends z.ZodType = NoFields,
  Q extends z.ZodType = NoFields,
  B extends z.ZodType = z.ZodUndefined,
  const A extends Answers = Answers,
>(definition: Definition<P, Q, B, A>): Endpoint {
  const params = orNothing(definition.params);
  const query = orNothing(definition.query);
  const { name, method, route, role, summary, body, answers, handle } = definition;
  return {
    name,
    method,
    route,
    role,
    summary,
    params,
    query,
    body,
    answers,
    bodyType: definition.bodyType ?? "application/json",
    maxBodyBytes: definition.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    isForeign: definition.isForeign === true,
    isAudited: definition.audited === undefined ? method !== "GET" : definition.audited === true,
    validate(request) {
      const parts = { "/path": request.params, "/query": request.query, "/body": request.body };
      const unstorable = Object.entries(parts).flatMap(([root, part]) => illFormed(root, part, MAX_ISSUES));
      if (unstorable.length > 0) return invalid(unstorable);
      const parsed = {
        params: params.safeParse(request.params),
        query: query.safeParse(request.query),
        body: orAbsent(body).safeParse(body === undefined ? undefined : request.body),
      };
      if (parsed.params.success && parsed.query.success && parsed.body.success) {
        const { caller, headers } = request;
        const valid = { params: parsed.params.data, query: parsed.query.data, body: parsed.body.data };
        return { ...valid, act: () => handle({ ...valid, caller, headers }) };
      }
      return invalid([
        ...issuesOf("/path", parsed.params.error),
        ...issuesOf("/query", parsed.query.error),
        ...issuesOf("/body", parsed.body.error),
      ]);
    },
  };
}

/** The problem for a request that is not valid, with everything that is wrong (the first 20). */
export function invalid(issues: readonly ProblemIssue[]): Problem {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more, see errors)` : "";
  const detail = first === undefined ? undefined : `${first.pointer}: ${first.message}${more}`;
  return problem("validationFailed", detail, { errors: issues.slice(0, MAX_ISSUES) });
}

function issuesOf(root: string, error: z.ZodError | undefined): readonly ProblemIssue[] {
  return (error?.issues ?? []).map(({ path, message }) => ({
    pointer: root + path.map(pointerStep).join(""),
    message,
  }));
}

/** Guarantee: a definition without the schema was inferred with the default type, which is that of NOTHING. */
const orNothing = <S extends z.ZodType>(schema: S | undefined): S => schema ?? (NOTHING as unknown as S);
/** Guarantee: as above, the default type of an absent body schema is undefined. */
const orAbsent = <S extends z.ZodType>(schema: S | undefined): S => schema ?? (z.undefined() as unknown as S);
