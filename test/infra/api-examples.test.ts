// The examples in the API's document: there is one for every body and every answer, and each fits what it is an example of.
// So do the calls and answers that README shows, and the roles that docs/api.md names.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ROOT } from "./support/profiles.ts";
import { registeredFunctions } from "./support/registered.ts";

const mediaSchema = z.object({ content: z.looseObject({ "application/json": z.object({ schema: z.any() }) }) });
type Schema = z.infer<typeof schemaShape>;
const schemaShape = z.looseObject({
  examples: z.array(z.unknown()).optional(),
  get properties() {
    return z.record(z.string(), schemaShape).optional();
  },
  get items() {
    return schemaShape.optional();
  },
  get anyOf() {
    return z.array(schemaShape).optional();
  },
});

/** Bodies and good answers of all operations, without those that may hold anything. */
async function shapes(): Promise<readonly (readonly [string, Schema])[]> {
  const { paths } = (await registeredFunctions()).document;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody, responses }]) => {
      const answers = Object.entries(z.record(z.string(), z.unknown()).parse(responses));
      return [["body", requestBody] as const, ...answers.filter(([status]) => status.startsWith("2"))]
        .flatMap(([what, media]) => {
          const read = mediaSchema.safeParse(media);
          return read.success ? [[what, schemaShape.parse(read.data.content["application/json"].schema)] as const] : [];
        })
        .filter(([, { properties, anyOf }]) => properties !== undefined || anyOf !== undefined)
        .map(([what, schema]) => [`${method.toUpperCase()} ${path} ${what}`, schema] as const);
    }),
  );
}

/** The parts of a schema that have examples, itself first. */
const withExamples = (schema: Schema): readonly Schema[] => [
  ...(schema.examples === undefined ? [] : [schema]),
  ...[...Object.values(schema.properties ?? {}), ...(schema.items === undefined ? [] : [schema.items])].flatMap(
    withExamples,
  ),
  ...(schema.anyOf ?? []).flatMap(withExamples),
];

/** Why it does not fit; undefined when it does. */
function misfit(schema: Schema, value: unknown): string | undefined {
  const { error } = z.fromJSONSchema(JSON.parse(JSON.stringify(schema))).safeParse(value);
  return error === undefined ? undefined : z.prettifyError(error);
}

test("every body and every answer has one", async () => {
  const all = await shapes();
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(([, schema]) => withExamples(schema).length === 0).map(([what]) => what)).toEqual([]);
});

test("each fits its schema", async () => {
  const wrong = (await shapes()).flatMap(([what, schema]) =>
    withExamples(schema).flatMap((one) =>
      (one.examples ?? []).flatMap((example) => {
        const complaint = misfit(one, example);
        return complaint === undefined ? [] : [`${what}: ${complaint}`];
      }),
    ),
  );
  expect(wrong).toEqual([]);
});

describe("README", () => {
  const blocks = [
    ...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(
      /```sh\ncall '?([^\s']+)'?(?: -d '(.*)')?\n```\n```json\n([\s\S]*?)```/g,
    ),
  ];
  const calls = blocks.map(([, target = "", body, answer = ""]) => ({ target, body, answer }));

  /** Of the part of the call that is asked for: its body, or its answer with status 200. */
  async function shapeOf(target: string, method: string, part: "body" | "200"): Promise<Schema> {
    const path = new URL(target, "http://127.0.0.1/").pathname;
    const found = (await shapes()).find(([what]) => {
      const [itsMethod, route = "", itsPart] = what.split(" ");
      const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      return itsMethod === method && itsPart === part && pattern.test(path);
    });
    if (found === undefined) throw new Error(`The document has no ${method} ${path} ${part}.`);
    return found[1];
  }

  test("shows five calls", () => expect(calls).toHaveLength(5));
  test.each(calls)("call $target: answer and body fit their schemas", async ({ target, body, answer }) => {
    const method = body === undefined ? "GET" : "POST";
    expect(misfit(await shapeOf(target, method, "200"), JSON.parse(answer))).toBeUndefined();
    if (body !== undefined) expect(misfit(await shapeOf(target, method, "body"), JSON.parse(body))).toBeUndefined();
  });
});

test("docs/api.md names calls that exist, with their roles", async () => {
  const { paths } = (await registeredFunctions()).document;
  const roles = new Map<string, string>(
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security = [] }]) => {
        const role = security
          .flatMap((one) => Object.values(z.record(z.string(), z.array(z.string())).parse(one)))
          .flat();
        return [`${method.toUpperCase()} ${path}`, role[0] ?? "public"] as const;
      }),
    ),
  );
  const rows = [...readFileSync(join(ROOT, "docs/api.md"), "utf8").matchAll(/^\| (`.*) \| ([\w.]+) \|$/gm)];
  const named = rows.flatMap(([, calls = "", role]) =>
    [...calls.matchAll(/`([A-Z]+ \S+)`/g)].map(([, call = ""]) => [call, role] as const),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(([call, role]) => roles.get(call) !== role)).toEqual([]);
});
