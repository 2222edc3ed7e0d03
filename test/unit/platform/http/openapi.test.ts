import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineEndpoint, type Endpoint } from "../../../../shared/platform/http/endpoint.ts";
import { openApiDocument } from "../../../../shared/platform/http/openapi.ts";

const API = {
  title: "Operations",
  version: "1",
  description: "d",
  problemCodes: ["internalError"],
  issuer: "https://issuer.example/v2.0",
};
const thing = z.object({ thingId: z.string(), size: z.number().optional() });
const params = z.object({ thingId: z.string() });

const list = defineEndpoint({
  name: "list-things",
  method: "GET",
  route: "things",
  role: "Organisations.Read",
  summary: "Things",
  query: z.strictObject({ limit: z.coerce.number().int().max(500).default(100), of: z.string() }),
  answers: { 200: z.object({ items: z.array(thing) }) },
  handle: async () => ({ status: 200, body: { items: [] } }),
});
const put = defineEndpoint({
  name: "put-thing",
  method: "PUT",
  route: "things/{thingId}",
  role: "Organisations.Write",
  summary: "Put",
  params,
  body: thing,
  answers: { 200: thing, 204: z.undefined() },
  handle: async () => ({ status: 204 }),
});
const live = defineEndpoint({
  name: "live",
  method: "GET",
  route: "health/live",
  role: "public",
  summary: "Live",
  answers: { 204: z.undefined() },
  handle: async () => ({ status: 204 }),
});

const document = (endpoints: readonly Endpoint[]) => openApiDocument(API, endpoints);

/** Every $ref of a JSON value. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === "$ref" ? [String(inner)] : references(inner)));
}

function resolve(root: unknown, reference: string): unknown {
  let current: unknown = root;
  for (const step of reference
    .replace(/^#\//, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/"))) {
    current = typeof current === "object" && current !== null ? new Map(Object.entries(current)).get(step) : undefined;
  }
  return current;
}

describe("the OpenAPI document", () => {
  test("says of each endpoint what it takes, answers and demands", () => {
    expect(document([list, put, live])).toMatchObject({
      openapi: "3.1.0",
      servers: [{ url: "/api" }],
      paths: {
        "/things": {
          get: {
            operationId: "listThings",
            security: [{ entraId: ["Organisations.Read"] }],
            parameters: [
              { name: "limit", in: "query", required: false, schema: { type: "integer", maximum: 500, default: 100 } },
              { name: "of", in: "query", required: true, schema: { type: "string" } },
            ],
          },
        },
        "/things/{thingId}": {
          put: {
            parameters: [{ name: "thingId", in: "path", required: true }, { $ref: "#/components/parameters/ifMatch" }],
            requestBody: { required: true, content: { "application/json": { schema: { required: ["thingId"] } } } },
          },
        },
        "/health/live": { get: { security: [], parameters: [] } },
      },
      components: {
        securitySchemes: {
          entraId: { openIdConnectUrl: "https://issuer.example/v2.0/.well-known/openid-configuration" },
        },
      },
    });
  });

  test("names every answer, and the problems that can come", () => {
    const all = document([put, live]);
    const of = (path: string, method: string) =>
      Object.keys(Object(resolve(all, `#/paths/${path.replaceAll("/", "~1")}/${method}/responses`)));
    expect(of("/things/{thingId}", "put")).toEqual(["200", "204", "400", "401", "403", "413", "415", "503", "default"]);
    expect(of("/health/live", "get")).toEqual(["204", "400", "503", "default"]);
  });

  test("has no reference that leads nowhere", () => {
    const all = document([list, put, live]);
    const found = references(all);
    expect(found.length).toBeGreaterThan(5);
    for (const reference of found) expect(resolve(all, reference), reference).toBeDefined();
  });

  test("is refused when two endpoints have the same method and route", () => {
    expect(() => document([put, put])).toThrow("PUT /things/{thingId} is defined twice.");
  });

  test("is refused when a route and its parameters differ", () => {
    expect(() => document([{ ...put, route: "things" }])).toThrow('Endpoint put-thing: "thingId" is not in both');
    expect(() => document([{ ...put, route: "things/{thingId}/{other}" }])).toThrow('"other" is not in both');
  });

  test("is refused for a schema that could only be written with references", () => {
    const named = z.object({ a: z.string() }).meta({ id: "Named" });
    expect(() => document([{ ...put, body: z.object({ one: named }) }])).toThrow(
      "Endpoint put-thing: a schema with an id",
    );
  });
});
