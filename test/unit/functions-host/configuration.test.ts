// host.json, settings and log levels.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseHostConfig, readHostConfig } from "../../../local/functions-host/host-config.ts";
import { hostLog } from "../../../local/functions-host/log.ts";
import { readSettingsFile, resolveNames } from "../../../local/functions-host/settings.ts";

describe("host.json", () => {
  const parse = (extensions: object, rest: object = {}) => parseHostConfig({ version: "2.0", extensions, ...rest }, {});

  test("without more than its version it has the real host's defaults", () => {
    expect(parseHostConfig({ version: "2.0" }, {})).toEqual({
      routePrefix: "api",
      functionTimeoutMs: 1_800_000,
      maxRequestBytes: 104_857_600,
      isTelemetryOn: false,
      logLevel: "information",
      serviceBus: {
        maxAutoLockRenewalMs: 300_000,
        maxConcurrentCalls: 16 * availableParallelism(),
        maxConcurrentSessions: 8,
        sessionIdleMs: 60_000,
        tryTimeoutMs: 60_000,
        maxRetries: 3,
      },
    });
  });

  test("the app's own is read", () => {
    const { serviceBus } = readHostConfig(new URL("../../../host.json", import.meta.url).pathname, {});
    expect(serviceBus).toEqual({
      maxAutoLockRenewalMs: 600_000,
      maxConcurrentCalls: 16,
      maxConcurrentSessions: 50,
      sessionIdleMs: 1000,
      tryTimeoutMs: 30_000,
      maxRetries: 3,
    });
  });

  test("the sessions' idle time-out follows the try time-out; fractions of a second count", () => {
    const bus = parse({ serviceBus: { clientRetryOptions: { tryTimeout: "00:00:05.250" } } }).serviceBus;
    expect([bus.sessionIdleMs, bus.tryTimeoutMs]).toEqual([5250, 5250]);
  });

  test("everything that is wrong or unknown here is named in one sentence", () => {
    const serviceBus = { maxConcurrentCalls: 0, sessionIdleTimeout: "0", transportType: "amqpTcp" };
    const logging = { logLevel: { default: "Loud" } };
    expect(() => parse({ serviceBus }, { version: "3.0", functionTimeout: "00:60:00", logging })).toThrow(
      /^functions: host\.json is not usable: version must be "2\.0"; functionTimeout must be a time span.*logLevel\.default.*maxConcurrentCalls.*sessionIdleTimeout.*Unrecognized key: "transportType"/su,
    );
    expect(() => parse({ serviceBus: { autoCompleteMessages: false } })).toThrow("serviceBus.autoCompleteMessages");
    const settings = { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "much" };
    expect(() => parseHostConfig({ version: "2.0" }, settings)).toThrow("must be a number of bytes");
  });
});

describe("settings", () => {
  const file = (content: string): string => {
    const folder = mkdtempSync(join(tmpdir(), "settings-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "local.settings.json"), content);
    return join(folder, "local.settings.json");
  };

  test("%NAME% is resolved everywhere in a text", () => {
    expect(resolveNames("a-%X%-%Y%", { X: "1", Y: "2" })).toBe("a-1-2");
    expect(() => resolveNames("%Z%", {})).toThrow("'%Z%' does not resolve to a value.");
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

test("log lines carry time, level and category, from the given level on; terminal codes are removed", () => {
  const lines: string[] = [];
  const log = hostLog(
    "information",
    (line) => lines.push(line),
    () => new Date("2026-11-24T17:20:01.123Z"),
  );
  log.write("information", "Function.name.User", "\u001b[31mred\u001b[0m");
  log.write("debug", "Function.name.User", "hidden");
  expect(lines).toEqual(["[2026-11-24T17:20:01.123Z] info Function.name.User red"]);
});
