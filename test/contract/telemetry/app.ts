// A small app for telemetry.test.ts, bundled as the real one: HTTP -> queue -> control plane and functional suite -> a mail
// that a timer sends. Its ports are decorated as the real app's.

import { app } from "@azure/functions";
import { telemetry } from "../../../functions/telemetry.ts";
import { azureBus } from "../../../shared/platform/bus/azure-bus.ts";
import { systemClock } from "../../../shared/platform/clock/clock.ts";
import { EVENTS } from "../../../shared/capabilities.ts";
import { logTo, toConsole, toTelemetry } from "../../../shared/platform/telemetry/log.ts";
import type { Mail } from "../../../shared/platform/mail/mail.ts";
import { memoryMailer } from "../../support/memory/memory-mail.ts";
import { memoryTables } from "../../support/memory/memory-tables.ts";
import { observedSuite } from "../../../shared/docuware/functional-suite/observed-suite.ts";
import { tracedControlPlane } from "../../../shared/docuware/control-plane/traced-control-plane.ts";
import { tracedHandler, type TracedFunction } from "../../../shared/platform/telemetry/traced-handler.ts";
import { tracedBus, tracedMailer, tracedTables } from "../../../shared/platform/telemetry/traced-ports.ts";

/** What GET /api/progress answers. */
export interface Progress {
  readonly mails: number;
}

const QUEUE = "work";
const log = logTo(EVENTS, toConsole(), toTelemetry(telemetry));
const tables = tracedTables(memoryTables(), telemetry);
await tables.ensure(["Upgrades"]);
const bus = tracedBus(azureBus({ connectionString: process.env["ServiceBus"] ?? "" }), telemetry);
const mailer = tracedMailer(memoryMailer(), telemetry);
const controlPlane = tracedControlPlane(
  {
    begin: async () => ({ kind: "succeeded", version: "8.0" }),
    poll: async () => ({ kind: "succeeded", version: "8.0" }),
    status: async () => ({ availability: "online", version: "8.0" }),
  },
  telemetry,
);
const runSuite = observedSuite(
  async (organisationId: string) => ({
    organisationId,
    outcome: "passed" as const,
    startedAt: Date.now(),
    durationMs: 20,
  }),
  telemetry,
);
const due: Mail[] = [];
let mails = 0;

const traced = <I, O>(of: TracedFunction, handler: (input: I) => Promise<O>) =>
  tracedHandler(telemetry, systemClock, of, handler);

app.http("begin", {
  methods: ["POST"],
  authLevel: "anonymous",
  handler: traced({ name: "begin", trigger: "http" }, async () => {
    await tables.table("Upgrades").insert({ partition: "c", row: "alpine" }, { state: "scheduled" });
    await bus.send(QUEUE, [{ body: { organisationId: "alpine" }, messageId: "one" }]);
    return { status: 202 };
  }),
});

app.serviceBusQueue("advance", {
  connection: "ServiceBus",
  queueName: QUEUE,
  handler: traced({ name: "advance", trigger: "serviceBus", maxDeliveryCount: 10 }, async () => {
    await controlPlane.begin({
      organisationId: "alpine",
      operationId: "op",
      sequence: 1,
      sequenceScope: "c",
      action: { kind: "bringOnline" },
    });
    await runSuite("alpine");
    log.event("upgrade.moved", {
      campaignId: "c",
      organisationId: "alpine",
      from: "goingOnlinePrevious",
      to: "rolledBack",
      phaseMs: 5000,
      offlineMs: 90_000,
    });
    const traceparent = telemetry.traceparent();
    const mail = {
      operationId: "0f8fad5b-d9cb-469f-a165-70867728950e",
      to: ["it@alpine.example"],
      subject: "s",
      text: "private text",
    };
    due.push({ ...mail, ...(traceparent !== undefined && { traceparent }) });
  }),
});

app.timer("send-notices", {
  schedule: "* * * * * *",
  handler: traced({ name: "send-notices", trigger: "timer" }, async () => {
    for (const mail of due.splice(0)) {
      await mailer.send(mail);
      mails += 1;
    }
  }),
});

app.http("progress", {
  methods: ["GET"],
  authLevel: "anonymous",
  handler: async () => ({ jsonBody: { mails } satisfies Progress }),
});

app.http("ping", {
  methods: ["GET"],
  authLevel: "anonymous",
  handler: traced({ name: "ping", trigger: "http" }, async () => ({ status: 204 })),
});
