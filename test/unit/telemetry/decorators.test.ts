import type { InvocationContext } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { TransientFailure } from "../../../shared/kernel/failures.ts";
import type { HttpClient } from "../../../shared/platform/http-client/http-client.ts";
import type { Mail } from "../../../shared/platform/mail/mail.ts";
import type { OutgoingMessage } from "../../../shared/platform/bus/bus.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { EVENTS } from "../../../shared/capabilities.ts";
import { observedCheckStore } from "../../../shared/checks/store.ts";
import { tracedControlPlane } from "../../../shared/docuware/control-plane/traced-control-plane.ts";
import { FUNCTION_RUN } from "../../../shared/platform/signals.ts";
import { logTo, toTelemetry, type LogEntry } from "../../../shared/platform/telemetry/log.ts";
import { memoryTelemetry } from "../../support/memory/memory-telemetry.ts";
import { observedSuite } from "../../../shared/docuware/functional-suite/observed-suite.ts";
import { readTraceparent } from "../../../shared/platform/telemetry/telemetry.ts";
import { tracedHandler } from "../../../shared/platform/telemetry/traced-handler.ts";
import {
  tracedBus,
  tracedHttpClient,
  tracedMailer,
  tracedTables,
} from "../../../shared/platform/telemetry/traced-ports.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const MESSAGE = `00-${TRACE}-b7ad6b7169203331-01`;
const HOST = "00-11111111111111111111111111111111-2222222222222222-01";
const CLOCK = { now: () => 1000 };

/** Boundary: the parts of an invocation that telemetry looks at. */
const invocation = (parts: object = {}): InvocationContext => parts as InvocationContext;
const mail: Mail = { operationId: "a", to: ["a@b.example"], subject: "s", text: "t" };

describe("a handler", () => {
  const queue = { name: "advance-upgrade", trigger: "serviceBus", maxDeliveryCount: 5 } as const;
  const delivery = (deliveryCount: number, parts: object = {}) =>
    invocation({
      ...parts,
      triggerMetadata: { messageId: "m1", deliveryCount, applicationProperties: { traceparent: MESSAGE } },
    });

  test("continues the trace of the message that woke it", async () => {
    const telemetry = memoryTelemetry();
    const handled = await tracedHandler(telemetry, CLOCK, queue, async (input: number) => input + 1)(1, delivery(1));
    expect(handled).toBe(2);
    const [span] = telemetry.spans;
    expect(span).toMatchObject({ name: "advance-upgrade", parent: MESSAGE, isFailed: false });
    expect(span?.attributes).toEqual({
      function: "advance-upgrade",
      trigger: "serviceBus",
      messageId: "m1",
      deliveryCount: 1,
    });
    expect(telemetry.metrics.map(({ name, attributes }) => [name, attributes["outcome"]])).toEqual([
      ["dwops.function.duration", "succeeded"],
    ]);
  });

  test("links a trace that the host began by itself, and is no second request beside the host's", async () => {
    const telemetry = memoryTelemetry();
    const context = delivery(1, { traceContext: { traceParent: HOST } });
    await tracedHandler(telemetry, CLOCK, queue, async () => {})(1, context);
    expect(telemetry.spans[0]).toMatchObject({ parent: MESSAGE, options: { links: [HOST], isInternal: true } });
  });

  test("is a child of the host's span where the host continued the message's trace", async () => {
    const telemetry = memoryTelemetry();
    const host = `00-${TRACE}-00000000000000aa-01`;
    const context = delivery(1, { traceContext: { traceParent: host } });
    await tracedHandler(telemetry, CLOCK, queue, async () => {})(1, context);
    expect(telemetry.spans[0]).toMatchObject({ parent: host, options: { isInternal: true } });
  });

  test.each([undefined, "", "00-zz", `00-${"0".repeat(32)}-b7ad6b7169203331-01`, `${MESSAGE}-more`])(
    "begins its own trace when the caller sends %s",
    async (traceparent) => {
      const telemetry = memoryTelemetry();
      const headers = new Map([["traceparent", traceparent]]);
      const http = { name: "get-campaign", trigger: "http" } as const;
      await tracedHandler(telemetry, CLOCK, http, async () => ({ status: 200 }))({ headers }, invocation());
      expect(telemetry.spans[0]?.parent).toBeUndefined();
    },
  );

  test("of HTTP continues its caller's trace, and an answer 500 is a failure", async () => {
    const telemetry = memoryTelemetry();
    const input = { headers: new Map([["traceparent", MESSAGE]]) };
    const http = { name: "get-campaign", trigger: "http" } as const;
    const answer = await tracedHandler(telemetry, CLOCK, http, async () => ({ status: 503 }))(input, invocation());
    expect(answer).toEqual({ status: 503 });
    expect(telemetry.spans[0]).toMatchObject({ parent: MESSAGE, isFailed: true, attributes: { status: 503 } });
    expect(telemetry.metrics[0]?.attributes).toEqual({ function: "get-campaign", outcome: "failed" });
  });

  test("that fails on its last delivery is a dead letter, before it is not", async () => {
    const telemetry = memoryTelemetry();
    const failure = new TransientFailure("busy");
    const handler = tracedHandler(telemetry, CLOCK, queue, () => Promise.reject(failure));
    await expect(handler(1, delivery(4))).rejects.toBe(failure);
    expect(telemetry.events).toEqual([]);
    await expect(handler(1, delivery(5))).rejects.toBe(failure);
    expect(telemetry.events).toEqual([
      { name: "message.deadLettered", attributes: { function: "advance-upgrade", messageId: "m1", deliveryCount: 5 } },
    ]);
    const names = telemetry.metrics.map(({ name }) => name).filter((name) => name.startsWith("dwops.message"));
    expect(names).toEqual(["dwops.message.failed", "dwops.message.failed", "dwops.message.dead_lettered"]);
    expect(telemetry.spans.every(({ isFailed }) => isFailed)).toBe(true);
  });
});

describe("ports", () => {
  test("messages carry the trace in which they were sent; one that names its own keeps it", async () => {
    const telemetry = memoryTelemetry();
    const sent: OutgoingMessage[] = [];
    const bus = {
      send: async (_: string, messages: readonly OutgoingMessage[]) => void sent.push(...messages),
      close: async () => {},
    };
    const one = { body: {}, messageId: "1" };
    await tracedBus(bus, telemetry).send("campaign-ticks", [one, { ...one, traceparent: MESSAGE }]);
    expect(telemetry.spans[0]).toMatchObject({
      name: "bus send",
      attributes: { queue: "campaign-ticks", messages: 2 },
    });
    expect(sent.map(({ traceparent }) => traceparent)).toEqual([telemetry.spans[0]?.traceparent, MESSAGE]);
  });

  test("a mail continues the trace of its cause and links the run that sends it", async () => {
    const telemetry = memoryTelemetry();
    const mailer = tracedMailer({ send: async () => ({ kind: "failed", reason: "no such box" }) }, telemetry);
    await telemetry.span(FUNCTION_RUN, { function: "send-notices", trigger: "timer" }, () =>
      mailer.send({ ...mail, traceparent: MESSAGE }),
    );
    const [sent, run] = telemetry.spans;
    expect(sent).toMatchObject({
      name: "mail send",
      parent: MESSAGE,
      isFailed: true,
      options: { links: [run?.traceparent] },
    });
    expect(readTraceparent(sent?.traceparent)?.traceId).toBe(TRACE);
  });

  test("table calls tell their outcome; a lost race is no failure", async () => {
    const telemetry = memoryTelemetry();
    const tables = tracedTables(memoryTables(), telemetry);
    await tables.ensure(["Upgrades"]);
    const table = tables.table("Upgrades");
    await table.insert({ partition: "p", row: "r" }, { a: 1 });
    await table.insert({ partition: "p", row: "r" }, { a: 1 });
    await table.read({ partition: "p", row: "r" });
    await table.read({ partition: "p", row: "other" });
    expect(telemetry.spans.map(({ name, attributes, isFailed }) => [name, attributes["outcome"], isFailed])).toEqual([
      ["table insert", "written", false],
      ["table insert", "conflict", false],
      ["table read", "found", false],
      ["table read", "absent", false],
    ]);
  });

  test("addresses are reported without their query", async () => {
    const telemetry = memoryTelemetry();
    const http: HttpClient = {
      send: async () => ({ status: 502, headers: {}, body: new Uint8Array() }),
      close: async () => {},
    };
    const url = new URL("https://alpine.example/DocuWare/Platform/Query?q=SUBJECT%3Dsecret");
    await tracedHttpClient(http, telemetry).send({ method: "GET", url });
    expect(JSON.stringify(telemetry.spans)).not.toContain("secret");
    expect(telemetry.spans[0]).toMatchObject({ name: "http GET", isFailed: true });
  });

  test("the control plane's operations are named by what they do", async () => {
    const telemetry = memoryTelemetry();
    const plane = tracedControlPlane(
      {
        begin: async () => ({ kind: "running", retryAfterMs: 1 }),
        poll: async () => undefined,
        status: () => Promise.reject(new TransientFailure("down")),
      },
      telemetry,
    );
    const action = { kind: "takeOffline" } as const;
    await plane.begin({ organisationId: "alpine", operationId: "op", sequence: 1, sequenceScope: "c", action });
    await plane.poll("alpine", "op");
    await expect(plane.status("alpine")).rejects.toThrow("down");
    expect(telemetry.spans.map(({ name, attributes, isFailed }) => [name, attributes["outcome"], isFailed])).toEqual([
      ["control plane begin", "running", false],
      ["control plane poll", "unknown", false],
      ["control plane status", undefined, true],
    ]);
  });
});

describe("the log", () => {
  test("becomes metrics and events, with nothing that the catalogue does not name", () => {
    const telemetry = memoryTelemetry();
    const kept: LogEntry[] = [];
    const log = logTo(EVENTS, (entry) => void kept.push(entry), toTelemetry(telemetry));
    log.event("upgrade.moved", {
      campaignId: "c",
      organisationId: "alpine",
      from: "goingOnline",
      to: "succeeded",
      phaseMs: 2500,
      offlineMs: 600_000,
      // @ts-expect-error nobody may give what is not declared; if it came even so, it would not leave
      password: "x",
    });
    log.event("notice.postponed", { notice: "n", mailNumber: 1 });
    log.event("campaign.paused", { campaignId: "c", from: "running", to: "paused", reason: "5 of 5" });
    log.event("upgrades.rechecked", { changed: 1 });
    expect(kept.map(({ level }) => level)).toEqual(["info", "warn", "error", "info"]);
    expect(telemetry.metrics).toEqual([
      { name: "dwops.upgrade.moves", value: 1, attributes: { from: "goingOnline", to: "succeeded" } },
      { name: "dwops.upgrade.phase.duration", value: 2.5, attributes: { state: "goingOnline" } },
      { name: "dwops.upgrade.offline.duration", value: 600, attributes: { outcome: "succeeded" } },
      { name: "dwops.mail.attempts", value: 1, attributes: { outcome: "postponed" } },
      { name: "dwops.campaign.paused", value: 1, attributes: {} },
    ]);
    expect(telemetry.events).toEqual([
      {
        name: "upgrade.moved",
        attributes: { campaignId: "c", organisationId: "alpine", from: "goingOnline", to: "succeeded" },
      },
      { name: "campaign.paused", attributes: { campaignId: "c", from: "running", to: "paused", reason: "5 of 5" } },
    ]);
  });
});

describe("functional suites", () => {
  const result = {
    organisationId: "alpine",
    outcome: "failed",
    startedAt: 5000,
    durationMs: 1500,
    failedStep: "store",
    severity: "critical",
  } as const;

  test("a kept check is one availability result, one that was not run is none", async () => {
    const telemetry = memoryTelemetry();
    const kept: unknown[] = [];
    const store = { keep: async (check: object) => void kept.push(check), read: () => "other verbs stay" };
    const observed = observedCheckStore(store, telemetry);
    await observed.keep({ outcome: "failed", result });
    await observed.keep({ outcome: "notRun" });
    expect(observed.read()).toBe("other verbs stay");
    expect(kept).toHaveLength(2);
    expect(telemetry.results).toEqual([
      {
        name: "functional-check",
        id: "alpine-5000",
        isAvailable: false,
        durationMs: 1500,
        at: 5000,
        organisationId: "alpine",
        version: undefined,
        failedStep: "store",
      },
    ]);
    expect(telemetry.metrics.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["dwops.check.completed", { outcome: "failed", severity: "critical" }],
      ["dwops.check.duration", { outcome: "failed" }],
      ["dwops.check.completed", { outcome: "notRun", severity: "none" }],
    ]);
  });

  test("a check that could not be kept is not reported: it is run again", async () => {
    const telemetry = memoryTelemetry();
    const store = observedCheckStore(
      { keep: (_check: object) => Promise.reject(new TransientFailure("busy")) },
      telemetry,
    );
    await expect(store.keep({ outcome: "failed", result })).rejects.toThrow("busy");
    expect([...telemetry.results, ...telemetry.metrics]).toEqual([]);
  });

  test("an upgrade's verification is reported under its own name", async () => {
    const telemetry = memoryTelemetry();
    const suite = observedSuite(
      async (id: string) => ({ ...result, organisationId: id, outcome: "passed" as const }),
      telemetry,
    );
    expect((await suite("berg")).organisationId).toBe("berg");
    expect(telemetry.results[0]).toMatchObject({
      name: "upgrade-verification",
      isAvailable: true,
      organisationId: "berg",
    });
  });
});
