// The OpenAPI 3.1 document of the API, made from the endpoints themselves.
import { problemDocument } from "./problems.ts";
import { z } from "zod";
import { answersHtml, textTypeOf } from "./content.ts";
import { invalid, type Endpoint } from "./endpoint.ts";

type Json = Readonly<Record<string, unknown>>;

export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** The issuer of access tokens, for the security scheme. */
  readonly issuer: string;
  /** Of every error that the API may answer. */
  readonly problemCodes: readonly string[];
}

const SECURITY_SCHEME = "entraId";

/**
 * Throws TypeError, naming the endpoint, when two endpoints collide, a route and its parameters differ, or a schema
 * cannot be written without references.
 */
export function openApiDocument(api: ApiDescription, endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const path = `/${endpoint.route}`;
    const method = endpoint.method.toLowerCase();
    const operations = (paths[path] ??= {});
    if (operations[method] !== undefined) throw new TypeError(`${endpoint.method} ${path} is defined twice.`);
    operations[method] = operation(endpoint);
  }
  return {
    openapi: "3.1.0",
    info: { title: api.title, version: api.version, description: api.description },
    servers: [{ url: "/api" }],
    paths,
    components: {
      securitySchemes: {
        [SECURITY_SCHEME]: {
          type: "openIdConnect",
          openIdConnectUrl: `${api.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
          description: "An Entra ID access token (v2) for this API with the app role that the operation names.",
        },
      },
      parameters: HEADER_PARAMETERS,
      headers: { ETag: { description: "For If-Match of a later change.", schema: { type: "string" } } },
      responses: {
        Problem: { description: "Refused or failed", content: problemContent() },
        ProblemPage: { description: "Refused or failed", content: { "text/html": { schema: { type: "string" } } } },
      },
      schemas: { Problem: problemSchema(api.problemCodes) },
    },
  };
}

function operation(endpoint: Endpoint): Json {
  const isPublic = endpoint.role === "public";
  return {
    operationId: endpoint.name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    summary: endpoint.summary,
    tags: [endpoint.route.split("/")[0]],
    security: isPublic ? [] : [{ [SECURITY_SCHEME]: [endpoint.role] }],
    parameters: [...pathParameters(endpoint), ...queryParameters(endpoint), ...headerParameters(endpoint)],
    ...(endpoint.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: `At most ${endpoint.maxBodyBytes} bytes.`,
            content: { [endpoint.bodyType]: { schema: schemaOf(endpoint, endpoint.body, "input") } },
          },
        }),
    responses: responses(endpoint, isPublic),
  };
}

function pathParameters(endpoint: Endpoint): readonly Json[] {
  const names = [...endpoint.route.matchAll(/\{([^}:?]+)[^}]*\}/g)].map((match) => match[1] ?? "");
  const declared = properties(endpoint, endpoint.params);
  const differing = [...names, ...declared.keys()].find((name) => !names.includes(name) || !declared.has(name));
  if (differing !== undefined) {
    throw new TypeError(`Endpoint ${endpoint.name}: "${differing}" is not in both its route and its parameters.`);
  }
  return names.map((name) => ({ name, in: "path", required: true, schema: declared.get(name)?.schema }));
}

function queryParameters(endpoint: Endpoint): readonly Json[] {
  return [...properties(endpoint, endpoint.query)].map(([name, { schema, isRequired }]) => ({
    name,
    in: "query",
    required: isRequired,
    schema,
  }));
}

const HEADER_PARAMETERS: Json = {
  ifMatch: {
    name: "If-Match",
    in: "header",
    description: "The ETag that was read; 412 when it has changed since.",
    schema: { type: "string" },
  },
  ifNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "The ETag of the answer that the caller has; 304 while it still holds.",
    schema: { type: "string" },
  },
  idempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description: "Repeating a call with the same key has no further effect.",
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,200}$" },
  },
};

function headerParameters({ method, answers }: Endpoint): readonly Json[] {
  const ifMatch = { $ref: "#/components/parameters/ifMatch" };
  const idempotencyKey = { $ref: "#/components/parameters/idempotencyKey" };
  if (method === "GET") return answers[304] === undefined ? [] : [{ $ref: "#/components/parameters/ifNoneMatch" }];
  return method === "POST" ? [ifMatch, idempotencyKey] : [ifMatch];
}

function responses(endpoint: Endpoint, isPublic: boolean): Json {
  const answers = Object.entries(endpoint.answers).map(([status, schema]): [string, Json] => [
    status,
    {
      description: endpoint.summary,
      headers: { ETag: { $ref: "#/components/headers/ETag" } },
      ...(!(schema instanceof z.ZodUndefined) && {
        content: answerContent(endpoint, schema),
      }),
    },
  ]);
  const refused = ["400", ...(isPublic ? [] : ["401", "403"]), ...(endpoint.body === undefined ? [] : ["413", "415"])];
  const problem = { $ref: `#/components/responses/${answersHtml(endpoint.answers) ? "ProblemPage" : "Problem"}` };
  const problems = [...refused, "503", "default"].map((status): [string, Json] => [status, problem]);
  return Object.fromEntries([...problems, ...answers]);
}

function answerContent(endpoint: Endpoint, schema: z.ZodType): Json {
  const type = textTypeOf(schema);
  return type === undefined
    ? { "application/json": { schema: schemaOf(endpoint, schema, "output") } }
    : { [type]: { schema: { type: "string" } } };
}

interface Property {
  readonly schema: unknown;
  readonly isRequired: boolean;
}

function properties(endpoint: Endpoint, object: z.ZodType): ReadonlyMap<string, Property> {
  const schema = schemaOf(endpoint, object, "input");
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const entries = Object.entries(schema["properties"] ?? {});
  return new Map(entries.map(([name, property]) => [name, { schema: property, isRequired: required.includes(name) }]));
}

function schemaOf(endpoint: Endpoint, schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, reused: "inline", cycles: "throw" });
  if ("$defs" in json) {
    // Its references are relative to the schema, which is no longer the root of the document.
    throw new TypeError(
      `Endpoint ${endpoint.name}: a schema with an id or a cycle cannot be written into the document.`,
    );
  }
  return json;
}

const problemContent = (): Json => ({
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
});

const EXAMPLE_ISSUE = { pointer: "/query/limit", message: "Too big: expected number to be <=500" };

function problemSchema(codes: readonly string[]): Json {
  const issue = { pointer: { type: "string" }, message: { type: "string" } };
  return {
    type: "object",
    description: "RFC 9457.",
    examples: [problemDocument(invalid([EXAMPLE_ISSUE]), "165ef8a8c9fc4cb0a13edb9ae1140f0e")],
    required: ["type", "title", "status", "code", "traceId"],
    properties: {
      type: { type: "string", format: "uri" },
      title: { type: "string" },
      status: { type: "integer" },
      code: { enum: codes },
      detail: { type: "string" },
      errors: { type: "array", items: { type: "object", required: ["pointer", "message"], properties: issue } },
      traceId: { type: "string" },
    },
  };
}
