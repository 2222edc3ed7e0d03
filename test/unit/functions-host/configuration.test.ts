// host.json, settings, time spans and log levels.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseHostConfig } from "../../../local/functions-host/host-config.ts";
import { hostLog, levelFor } from "../../../local/functions-host/log.ts";
import { findSetting, isDisabled, readSettingsFile, resolveNames } from "../../../local/functions-host/settings.ts";
import { formatTimeSpan, parseTimeSpan } from "../../../local/functions-host/time-span.ts";

describe("time spans", () => {
  test.each([
    ["00:00:01", 1000],
    ["01:02:03.5", 3_723_500],
    ["2.00:00:00", 172_800_000],
    ["24:00:00", 24 * 86_400_000],
    ["0:5:0", 300_000],
  ])("%s is %i ms", (text, expected) => {
    expect(parseTimeSpan(text)).toBe(expected);
  });

  test.each(["", "5", "00:60:00", "00:00:60", "x", "-00:00:01", "1.24:00:00", "00:05"])("%j is none", (text) => {
    expect(parseTimeSpan(text)).toBeUndefined();
  });

  test("is written back as .NET shows it", () => {
    expect(formatTimeSpan(3_723_500)).toBe("01:02:03.500");
    expect(formatTimeSpan(90_000_000)).toBe("1.01:00:00");
  });
});

describe("host.json", () => {
  const bus = (options: object, settings = {}) =>
    parseHostConfig({ version: "2.0", extensions: { serviceBus: options } }, settings).serviceBus;

  test("an empty object has the real host's defaults", () => {
    const config = parseHostConfig({}, {});
    expect(config).toMatchObject({ routePrefix: "api", functionTimeoutMs: 1_800_000, maxRequestBytes: 104_857_600 });
    expect(config.serviceBus).toMatchObject({
      prefetchCount: 0,
      maxAutoLockRenewalMs: 300_000,
      maxConcurrentSessions: 8,
      maxConcurrentCallsPerSession: 1,
      sessionIdleMs: 60_000,
      retry: { mode: "exponential", tryTimeoutMs: 60_000, delayMs: 800, maxDelayMs: 60_000, maxRetries: 3 },
    });
  });

  test("the sessions' idle time-out follows the try time-out; what this host does not support is refused by name", () => {
    expect(bus({ clientRetryOptions: { tryTimeout: "00:00:05" } }).sessionIdleMs).toBe(5000);
    const unsupported = {
      maxMessageBatchSize: 5,
      messageHandlerOptions: {},
      sessionHandlerOptions: {},
      transportType: "amqpWebSockets",
    };
    for (const name of Object.keys(unsupported)) {
      expect(() => bus(unsupported)).toThrow(`extensions.serviceBus.${name} is not supported`);
    }
    expect(() => bus({ autoCompleteMessages: false })).toThrow("autoCompleteMessages false is not supported");
  });

  test("settings override it, names have no case, texts are read as numbers", () => {
    const settings = {
      AzureFunctionsJobHost__extensions__ServiceBus__maxConcurrentSessions: "21",
      azurefunctionsjobhost__functionTimeout: "-1",
    };
    expect(bus({ MaxConcurrentCalls: "5" }, settings)).toMatchObject({
      maxConcurrentSessions: 21,
      maxConcurrentCalls: 5,
    });
    expect(parseHostConfig({ version: "2.0" }, settings).functionTimeoutMs).toBeUndefined();
  });

  test("everything that is wrong is named in one sentence", () => {
    const bad = {
      version: "3.0",
      functionTimeout: "soon",
      logging: { logLevel: { default: "Loud" } },
      extensions: { serviceBus: { maxConcurrentCalls: 0, sessionIdleTimeout: "0", transportType: "amqpTcp" } },
    };
    expect(() => parseHostConfig(bad, {})).toThrow(
      /version must be "2\.0".*functionTimeout must be.*logLevel\.default must be.*maxConcurrentCalls must be a whole number from 1.*not 0.*sessionIdleTimeout.*transportType is not supported/su,
    );
    expect(() => parseHostConfig([], {})).toThrow("its content must be an object");
  });

  test("unknown properties are ignored", () => {
    expect(() => parseHostConfig({ version: "2.0", whatever: { a: 1 } }, {})).not.toThrow();
  });
});

describe("settings", () => {
  const file = (content: string): string => {
    const folder = mkdtempSync(join(tmpdir(), "settings-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "local.settings.json"), content);
    return join(folder, "local.settings.json");
  };

  test("names are found without case, the exact one first", () => {
    expect(findSetting({ abc: "1", ABC: "2" }, "ABC")).toBe("2");
    expect(findSetting({ abc: "1" }, "Abc")).toBe("1");
    expect(findSetting({}, "toString")).toBeUndefined();
  });

  test("%NAME% is resolved everywhere in a text", () => {
    expect(resolveNames("a-%X%-%y%", { X: "1", Y: "2" })).toBe("a-1-2");
    expect(() => resolveNames("%Z%", {})).toThrow("'%Z%' does not resolve to a value.");
  });

  test.each([
    ["true", true],
    ["1", true],
    ["false", false],
    ["", false],
  ])("Disabled=%j gives %s", (value, expected) => {
    expect(isDisabled({ "AzureWebJobs.Fn.Disabled": value }, "fn")).toBe(expected);
    expect(isDisabled({ AzureWebJobs_fn_Disabled: value }, "fn")).toBe(expected);
  });

  test("Values are read; a missing file counts only when it was asked for", () => {
    expect(readSettingsFile(file(`{"IsEncrypted":false,"Values":{"A":"b"}}`), true)).toEqual({ A: "b" });
    expect(readSettingsFile("/nowhere/local.settings.json", false)).toEqual({});
    expect(() => readSettingsFile("/nowhere/local.settings.json", true)).toThrow("cannot be read");
  });

  test("a bad file is refused without showing what is in it", () => {
    expect(() => readSettingsFile(file(`{"Values":{"KEY":"top-secret`), true)).toThrow(
      /^(?!.*top-secret).*not valid JSON/u,
    );
    expect(() => readSettingsFile(file(`{"Values":{"KEY":5}}`), true)).toThrow("the setting KEY in");
    expect(() => readSettingsFile(file(`{"IsEncrypted":true}`), true)).toThrow("encrypted");
  });
});

describe("log", () => {
  test("the longest matching category decides", () => {
    const levels = { default: "warning", Function: "information", "Function.noisy": "error" } as const;
    expect(levelFor(levels, "Host.Startup")).toBe("warning");
    expect(levelFor(levels, "Function.other.User")).toBe("information");
    expect(levelFor(levels, "Function.noisy.User")).toBe("error");
    expect(levelFor({}, "Functions")).toBe("information");
  });

  test("lines carry time, level and category; terminal codes are removed", () => {
    const lines: string[] = [];
    const log = hostLog(
      {},
      (line) => lines.push(line),
      () => new Date("2026-11-24T17:20:01.123Z"),
    );
    log.write("information", "Function.name.User", "\u001b[31mred\u001b[0m");
    log.write("debug", "Function.name.User", "hidden");
    expect(lines).toEqual(["[2026-11-24T17:20:01.123Z] info Function.name.User red"]);
  });
});
