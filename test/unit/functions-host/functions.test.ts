// The index of functions and their routes.
import { describe, expect, test } from "vitest";
import { indexFunctions } from "../../../local/functions-host/function-index.ts";
import { parseHostConfig } from "../../../local/functions-host/host-config.ts";
import { parseRoute } from "../../../local/functions-host/http/route-template.ts";

const CONFIG = parseHostConfig({ version: "2.0" }, {});
const register = (name: string, binding: object, extra: object = {}) => ({
  metadata: { name, bindings: { trigger: { direction: "in", ...binding } }, ...extra },
  callback: () => undefined,
});
const QUEUE = { type: "serviceBusTrigger", queueName: "q" };
const HTTP = { type: "httpTrigger", authLevel: "anonymous" };
const errorOf = (name: string, binding: object, extra: object = {}): string | undefined =>
  indexFunctions([register(name, binding, extra)], CONFIG, {})[0]?.error;

describe("the index", () => {
  test("is in the order of names without case, underscore behind the letters", () => {
    const names = ["b", "A_b", "a1", "AB", "C"].map((name) => register(name, HTTP));
    expect(indexFunctions(names, CONFIG, {}).map((fn) => fn.name)).toEqual(["a1", "AB", "A_b", "b", "C"]);
  });

  test.each(["1st", "host", "with space", "-x", "x".repeat(129), "ä"])("the name %j is in error", (name) => {
    expect(errorOf(name, { ...HTTP, route: "x" })).toContain("is not a valid function name");
  });

  test.each([
    [{ type: "serviceBusTrigger", connection: "X" }, "needs a queueName"],
    [{ type: "timerTrigger", schedule: "%Q%" }, "'%Q%' does not resolve to a value."],
  ])("%j is in error", (binding, message) => {
    expect(errorOf("fn", binding)).toContain(message);
  });

  test.each([
    ["a retry policy", { type: "timerTrigger", schedule: "* * * * * *" }, { retryOptions: {} }],
    ["runOnStartup", { type: "timerTrigger", schedule: "* * * * * *", runOnStartup: true }, {}],
    ["the authLevel 'function'", { type: "httpTrigger" }, {}],
    ["the authLevel 'admin'", { type: "httpTrigger", authLevel: "admin" }, {}],
    ["a topic", { ...QUEUE, topicName: "t", subscriptionName: "s" }, {}],
    ["batches", { ...QUEUE, cardinality: "many" }, {}],
    ["bytes", { ...QUEUE, dataType: "binary" }, {}],
    ["autoCompleteMessages false", { ...QUEUE, autoCompleteMessages: false }, {}],
    ["SDK bindings", { ...QUEUE, properties: { supportsDeferredBinding: "true" } }, {}],
  ])("%s stops the start: this host does not support it", (what, binding, extra) => {
    expect(() => errorOf("fn", binding, extra)).toThrow(/^functions: 'fn' .*, which this host does not support\.$/u);
    expect(() => errorOf("fn", binding, extra)).toThrow(what);
  });

  test("a good trigger is read as it is meant", () => {
    const binding = {
      type: "serviceBusTrigger",
      queueName: "real",
      connection: "BUS",
      isSessionsEnabled: true,
    };
    const [fn] = indexFunctions([register("fn", binding)], CONFIG, {});
    expect(fn?.trigger).toEqual({
      kind: "serviceBus",
      queue: "real",
      connection: "BUS",
      isSessionsEnabled: true,
    });
  });

  test("an unknown binding type stops the start and names the function", () => {
    const extra = register("fn", HTTP);
    const bindings = { ...extra.metadata.bindings, out: { direction: "out", type: "queue" } };
    const withOutput = { ...extra, metadata: { ...extra.metadata, bindings } };
    expect(() => indexFunctions([withOutput], CONFIG, {})).toThrow("'fn' has the binding type 'queue'");
  });
});

test.each(["a//b", "{x", "x}", "{*rest}", "{id?}", "{id=5}", "{id:int}", "v{major}.{minor}"])(
  "the route %j is refused: this host knows literal segments and {name}",
  (text) => {
    expect(() => parseRoute(text)).toThrow(/this host knows only literal segments/u);
  },
);

test.each([
  ["a/{b}", "/A/x%20y/", { b: "x y" }],
  ["", "/", {}],
  ["a/{b}", "/a/", undefined],
  ["a/{b}", "/a/b/c", undefined],
])("the route %j on the path %j", (route, path, values) => {
  expect(parseRoute(route).match(path)).toEqual(values);
});
