// The index of functions and the access keys.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { indexFunctions } from "../../../local/functions-host/function-index.ts";
import { parseHostConfig } from "../../../local/functions-host/host-config.ts";
import { loadKeys } from "../../../local/functions-host/http/keys.ts";
import { parseRoute } from "../../../local/functions-host/http/route-template.ts";

const CONFIG = parseHostConfig({ version: "2.0" }, {});
const register = (name: string, binding: object, extra: object = {}) => ({
  metadata: { name, bindings: { trigger: { direction: "in", ...binding } }, ...extra },
  callback: () => undefined,
});
const errorOf = (name: string, binding: object, extra: object = {}): string | undefined =>
  indexFunctions([register(name, binding, extra)], CONFIG, {})[0]?.error;

describe("the index", () => {
  test("is in the order of names without case, underscore behind the letters", () => {
    const names = ["b", "A_b", "a1", "AB", "C"].map((name) => register(name, { type: "httpTrigger" }));
    expect(indexFunctions(names, CONFIG, {}).map((fn) => fn.name)).toEqual(["a1", "AB", "A_b", "b", "C"]);
  });

  test.each(["1st", "host", "with space", "-x", "x".repeat(129), "ä"])("the name %j is in error", (name) => {
    expect(errorOf(name, { type: "httpTrigger", route: "x" })).toContain("is not a valid function name");
  });

  test.each([
    [{ type: "serviceBusTrigger", connection: "X" }, "needs a queueName"],
    [{ type: "serviceBusTrigger", queueName: "%Q%" }, "'%Q%' does not resolve to a value."],
    [{ type: "serviceBusTrigger", queueName: "q", properties: { supportsDeferredBinding: "true" } }, "no SDK bindings"],
    [{ type: "httpTrigger", authLevel: "secret" }, "The authLevel 'secret' is not known"],
  ])("%j is in error", (binding, message) => {
    expect(errorOf("fn", binding)).toContain(message);
  });

  test("a bad retry policy is in error, a good trigger is read as it is meant", () => {
    const retryOptions = { retryStrategy: "fixedDelay", maxRetryCount: 1 };
    expect(errorOf("fn", { type: "timerTrigger", schedule: "* * * * * *" }, { retryOptions })).toContain(
      "delayInterval",
    );
    const binding = {
      type: "serviceBusTrigger",
      queueName: "%Q%",
      connection: "BUS",
      isSessionsEnabled: true,
      cardinality: "many",
    };
    const [fn] = indexFunctions([register("fn", binding)], CONFIG, { Q: "real" });
    expect(fn?.trigger).toEqual({
      kind: "serviceBus",
      queue: "real",
      subscription: undefined,
      connection: "BUS",
      isSessionsEnabled: true,
      isBatch: true,
      isBinary: false,
      autoComplete: undefined,
    });
  });

  test("an unknown binding type stops the start and names the function", () => {
    const extra = register("fn", { type: "httpTrigger" });
    const bindings = { ...extra.metadata.bindings, out: { direction: "out", type: "queue" } };
    const withOutput = { ...extra, metadata: { ...extra.metadata, bindings } };
    expect(() => indexFunctions([withOutput], CONFIG, {})).toThrow("'fn' has the binding type 'queue'");
  });
});

describe("routes", () => {
  test.each(["a//b", "{x", "x}", "{*rest}/more", "{a}/{A}", "{x:range(1)}", "x{y?}", "{x:regex(()}"])(
    "%j is refused",
    (text) => {
      expect(() => parseRoute(text)).toThrow(/route/u);
    },
  );

  test.each([
    ["x/{{y}}", "x/{y}", {}],
    ["v{major}.{minor}", "v1.2", { major: "1", minor: "2" }],
    ["{id:int=5}", "", { id: "5" }],
    [String.raw`{code:regex(^\d{{2}}$)}`, "12", { code: "12" }],
    ["{**rest}", "a/b", { rest: "a/b" }],
    ["", "/", {}],
  ])("%j matches %j", (route, path, values) => {
    expect(parseRoute(route).match(path)).toEqual(values);
  });
});

describe("keys", () => {
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), "keys-"));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  };

  test("are made once, kept for the owner only, and overruled by given ones", () => {
    const dataDir = folder();
    const made = loadKeys(dataDir);
    expect(loadKeys(dataDir)).toEqual(made);
    expect(made.master).not.toBe(made.host[0]);
    expect(statSync(join(dataDir, "keys.json")).mode & 0o777).toBe(0o600);
    expect(loadKeys(dataDir, { master: "given-one" })).toEqual({ ...made, master: "given-one" });
    expect(readFileSync(join(dataDir, "keys.json"), "utf8")).not.toContain("given-one");
  });

  test.each(["{", "5", `{"master":"short","host":[]}`, `{"master":"long-enough","host":"x"}`])(
    "%j is refused",
    (text) => {
      const dataDir = folder();
      writeFileSync(join(dataDir, "keys.json"), text);
      expect(() => loadKeys(dataDir)).toThrow("is not usable; delete it");
    },
  );
});
