import { expect, test } from "vitest";
import { z } from "zod";
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { rowCodec } from "../../../shared/platform/tables/row-codec.ts";

const schema = z.object({
  name: z.string(),
  at: z.iso.datetime({ offset: true }),
  state: z.enum(["on", "off"]),
  size: z.number().int(),
  active: z.boolean(),
  mixed: z.union([z.literal("none"), z.number()]),
  note: z.string().optional(),
  parent: z.string().nullable(),
  window: z.object({ zone: z.string(), days: z.array(z.number()) }),
  tags: z.array(z.string()).readonly(),
});
const value: z.output<typeof schema> = {
  name: "Alpine",
  at: "2026-01-01T00:00:00+02:00",
  state: "on",
  size: 3,
  active: true,
  mixed: "none",
  parent: null,
  window: { zone: "Europe/Berlin", days: [1, 2] },
  tags: [],
};
const codec = rowCodec(schema, "Things");

test("primitive fields are cells of their name, others JSON, undefined ones absent", () => {
  expect(codec.encode({ ...value, note: undefined })).toEqual({
    name: "Alpine",
    at: "2026-01-01T00:00:00+02:00",
    state: "on",
    size: 3,
    active: true,
    mixed: "none",
    parent: "null",
    window: '{"zone":"Europe/Berlin","days":[1,2]}',
    tags: "[]",
  });
});

test.each([value, { ...value, parent: "null", note: "", mixed: 7 }])(
  "a value is read back as it was written",
  (written) => {
    expect(codec.decode(codec.encode(written))).toEqual(written);
  },
);

test("cells that no field knows are ignored", () => {
  expect(codec.decode({ ...codec.encode(value), later: 1 })).toEqual(value);
});

test("a row that does not fit names table, row and field, but not the value", () => {
  const cells = { ...codec.encode(value), state: "hunter2" };
  expect(() => codec.decode(cells, { partition: "p", row: "r" })).toThrow(PermanentFailure);
  expect(() => codec.decode(cells, { partition: "p", row: "r" })).toThrow(/Row \["p","r"\] of table Things.*state/);
  expect(() => codec.decode(cells)).not.toThrow(/hunter2/);
});

test("a JSON cell without JSON names its field", () => {
  expect(() => codec.decode({ ...codec.encode(value), tags: "[" })).toThrow(
    /table Things: the cell "tags" holds no JSON/,
  );
});

test("a text or JSON too long for a cell is refused before it is written", () => {
  expect(() => codec.encode({ ...value, name: "x".repeat(32_768) })).toThrow(/"name" takes 32768/);
  expect(() => codec.encode({ ...value, tags: ["x".repeat(32_767)] })).toThrow(/"tags" takes 32771/);
});

test("a schema with a transform is refused when the codec is made", () => {
  expect(() => rowCodec(z.object({ n: z.string().transform(Number) }))).toThrow(/"n" has a transform/);
});

test("a row is not refused for half a surrogate pair in its text", () => {
  expect(codec.encode({ ...value, name: "x\ud83d", note: "😀" })).toMatchObject({ name: "x\ufffd", note: "😀" });
});
