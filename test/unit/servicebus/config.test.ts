import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import contract from "../../../infra/contract/queues.json" with { type: "json" };
import { configFromContract } from "../../../local/servicebus/config-from-contract.ts";
import { parseConfig, readConfig } from "../../../local/servicebus/config.ts";
import { parseDuration } from "../../../local/servicebus/duration.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

const configOf = (...queues: readonly object[]): object => ({
  UserConfig: { Namespaces: [{ Name: "n", Queues: queues }] },
});
const parse = (...queues: readonly object[]) => parseConfig(configOf(...queues), "Config.json").queues;

describe("durations", () => {
  test.each([
    ["PT1M", 60_000],
    ["P14D", 14 * 86_400_000],
    ["P1DT2H3M4.5S", 93_784_500],
    ["PT0S", 0],
    ["P10675199DT2H48M5.4775807S", Infinity],
  ])("%s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "P", "PT", "1M", "P1M", "PT1", "PT-1S", "P1DT"])("%o is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("Config.json", () => {
  test("the defaults are Azure's", () => {
    expect(parse({ Name: "q" })).toEqual([
      {
        name: "q",
        lockDurationMs: 60_000,
        maxDeliveryCount: 10,
        defaultTtlMs: Infinity,
        requiresSession: false,
        duplicateWindowMs: 0,
        deadLetterOnExpiry: false,
        maxBytes: 100 * 1024 * 1024,
      },
    ]);
  });

  test("a file of the emulator is read, comments and all", async () => {
    const directory = await mkdtemp(join(tmpdir(), "servicebus-config-"));
    cleanUp.push(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, "Config.json");
    await writeFile(
      path,
      `{ // the sample
        "UserConfig": { "Namespaces": [ { "Name": "sbemulatorns", /* one */ "Queues": [ { "Name": "queue.1",
          "Properties": { "DeadLetteringOnMessageExpiration": false, "DefaultMessageTimeToLive": "PT1H",
            "DuplicateDetectionHistoryTimeWindow": "PT20S", "ForwardDeadLetteredMessagesTo": "", "ForwardTo": "",
            "LockDuration": "PT1M", "MaxDeliveryCount": 3, "RequiresDuplicateDetection": false,
            "RequiresSession": false } } ], "Topics": [] } ],
        "Logging": { "Type": "File" } } }`,
    );
    const config = await readConfig(path);
    expect(config.namespace).toBe("sbemulatorns");
    expect(config.queues[0]).toMatchObject({ name: "queue.1", maxDeliveryCount: 3, defaultTtlMs: 3_600_000 });
  });

  test("values that only Azure permits are taken as they are", () => {
    const [queue] = parse({
      Name: "q",
      Properties: {
        MaxDeliveryCount: 2000,
        DefaultMessageTimeToLive: "P400D",
        RequiresDuplicateDetection: true,
        DuplicateDetectionHistoryTimeWindow: "P7D",
      },
    });
    expect(queue).toMatchObject({
      maxDeliveryCount: 2000,
      defaultTtlMs: 400 * 86_400_000,
      duplicateWindowMs: 604_800_000,
    });
  });

  test.each([
    [{ Name: "q", Properties: { LockDuration: "PT6M" } }, /Queues\.0\.Properties\.LockDuration: must be .* 5 minutes/],
    [{ Name: "q", Properties: { LockDuration: "PT1S" } }, /LockDuration/],
    [{ Name: "q", Properties: { MaxDeliveryCount: 0 } }, /MaxDeliveryCount/],
    [{ Name: "q", Properties: { MaxDeliveryCount: 2001 } }, /MaxDeliveryCount/],
    [{ Name: "q", Properties: { RequiresDuplicateDetection: "yes" } }, /RequiresDuplicateDetection/],
    [{ Name: "$q" }, /Name: must be/],
    [{ Name: "q", Properties: { ForwardTo: "other" } }, /ForwardTo: forwarding is not served here/],
  ])("%o is refused with its place and reason", (queue, reason) => {
    expect(() => parse(queue)).toThrow(reason);
  });

  test("the same name twice is refused, whatever its case", () => {
    expect(() => parse({ Name: "q" }, { Name: "Q" })).toThrow(/is there twice/);
  });

  test("topics are left out, and named", () => {
    const config = { UserConfig: { Namespaces: [{ Name: "n", Topics: [{ Name: "t" }] }] } };
    expect(parseConfig(config, "Config.json")).toMatchObject({ queues: [], leftOut: ["t"] });
  });

  test("a file that is missing or no JSON is named", async () => {
    await expect(readConfig("/nowhere/Config.json")).rejects.toThrow(/Cannot read .*\/nowhere\/Config\.json/);
  });
});

describe("the contract", () => {
  test("gives every queue of the infrastructure, unchanged", () => {
    const { queues } = parseConfig(configFromContract(), "the contract");
    expect(queues.map(({ name }) => name)).toEqual(contract.queues.map(({ name }) => name));
    for (const [index, wanted] of contract.queues.entries()) {
      expect(queues[index]).toMatchObject({
        requiresSession: wanted.requiresSession,
        lockDurationMs: parseDuration(wanted.lockDuration),
        maxDeliveryCount: wanted.maxDeliveryCount,
        defaultTtlMs: parseDuration(wanted.defaultMessageTimeToLive),
        deadLetterOnExpiry: wanted.deadLetteringOnMessageExpiration,
        duplicateWindowMs: wanted.requiresDuplicateDetection
          ? parseDuration(wanted.duplicateDetectionHistoryTimeWindow)
          : 0,
      });
    }
  });

  test("that is none is refused", () => {
    expect(() => configFromContract({ queues: [{ requiresSession: "yes" }] })).toThrow(/queues\.0\.name/);
  });
});
