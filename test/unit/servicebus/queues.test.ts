import { QUEUES } from "../../../shared/capabilities.ts";
import { describe, expect, test } from "vitest";
import { queuesFrom } from "../../../local/servicebus/queues.ts";

const one = (properties: object = {}) => queuesFrom({ queues: [{ name: "q", ...properties }] })[0];

describe("the queues of a contract", () => {
  test("have Azure's defaults", () => {
    expect(one()).toEqual({
      name: "q",
      lockDurationMs: 60_000,
      maxDeliveryCount: 10,
      defaultTtlMs: Infinity,
      requiresSession: false,
      duplicateWindowMs: 0,
      deadLetterOnExpiry: false,
      maxBytes: 100 * 1024 * 1024,
    });
  });

  test.each([
    ["PT1M", 60_000],
    ["P14D", 14 * 86_400_000],
    ["P1DT2H3M4.5S", 93_784_500],
    ["P10675199DT2H48M5.4775807S", Infinity],
  ])("last %s", (text, ms) => {
    expect(one({ defaultMessageTimeToLive: text })?.defaultTtlMs).toBe(ms);
  });

  test.each([
    [{ lockDuration: "P" }, /queues\.0\.lockDuration: must be an ISO 8601 duration/],
    [{ lockDuration: "P1M" }, /lockDuration/],
    [{ lockDuration: "PT" }, /lockDuration/],
    [{ maxDeliveryCount: 0 }, /maxDeliveryCount/],
    [{ requiresSession: "yes" }, /requiresSession/],
    [{ forwardTo: "other" }, /Unrecognized key: "forwardTo"/],
  ])("that are %o are refused with place and reason", (properties, reason) => {
    expect(() => one(properties)).toThrow(reason);
  });

  test("are those of the infrastructure, in its order", () => {
    const queues = queuesFrom();
    expect(
      queues.map(({ name, maxDeliveryCount, requiresSession, deadLetterOnExpiry }) => [
        name,
        maxDeliveryCount,
        requiresSession,
        deadLetterOnExpiry,
      ]),
    ).toEqual(
      QUEUES.map((queue) => [
        queue.name,
        queue.maxDeliveryCount,
        queue.requiresSession,
        queue.deadLetteringOnMessageExpiration,
      ]),
    );
    expect(queues.every(({ duplicateWindowMs }) => duplicateWindowMs === 600_000)).toBe(
      QUEUES.every((queue) => queue.duplicateDetectionHistoryTimeWindow === "PT10M"),
    );
    expect(queues[0]?.lockDurationMs).toBe(one({ lockDuration: QUEUES[0]?.lockDuration })?.lockDurationMs);
  });
});
