// The examples in the API's document: there is one for every body and every answer, and each fits what it is an example of.

import { expect, test } from "vitest";
import { z } from "zod";
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

test("every body and every answer has one", async () => {
  const all = await shapes();
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(([, schema]) => withExamples(schema).length === 0).map(([what]) => what)).toEqual([]);
});

test("each fits its schema", async () => {
  const wrong = (await shapes()).flatMap(([what, schema]) =>
    withExamples(schema).flatMap((one) =>
      (one.examples ?? []).flatMap((example) => {
        const { error } = z.fromJSONSchema(JSON.parse(JSON.stringify(one))).safeParse(example);
        return error === undefined ? [] : [`${what}: ${z.prettifyError(error)}`];
      }),
    ),
  );
  expect(wrong).toEqual([]);
});
