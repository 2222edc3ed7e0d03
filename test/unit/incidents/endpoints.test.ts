// Incidents over HTTP, with the real handlers of the host.

import { describe, expect, test } from "vitest";
import { incidentEndpoints } from "../../../functions/http/incidents.ts";
import { ok } from "../../../shared/kernel/result.ts";
import { SEVERITIES } from "../../../shared/incidents/core/incident.ts";
import { raiseIncident } from "../../../shared/incidents/raise-incident.ts";
import { openApiDocument } from "../../../shared/platform/http/openapi.ts";
import type { Caller } from "../../../shared/platform/http/endpoint.ts";
import { PermanentFailure } from "../../../shared/kernel/failures.ts";
import { callEndpoint, endpointOf } from "../../support/call.ts";
import { createWorld, MINUTE, trouble } from "./support.ts";

const callerOf = (userId: string): Caller => ({
  actor: { kind: "person", userId },
  roles: ["Incidents.Read", "Incidents.Respond"],
});

async function setUp() {
  const world = await createWorld();
  const { log } = world.deps;
  const endpoints = incidentEndpoints(world.verbs);
  const call = async (name: string, { incidentId, caller = callerOf("anna"), body, ...sent }: Sent = {}) => {
    const params = incidentId === undefined ? {} : { incidentId };
    const endpoint = endpointOf(endpoints, name);
    const { status, json, headers } = await callEndpoint(
      endpoint,
      { ...sent, params, json: body },
      { authenticate: async () => ok(caller), log },
    );
    return { status, json, etag: headers.get("etag") ?? "" };
  };
  return { world, endpoints, call };
}

interface Sent {
  readonly incidentId?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly caller?: Caller;
  readonly body?: unknown;
}

describe("over HTTP", () => {
  test("incidents are listed newest first, by severity and page by page", async () => {
    const { world, call } = await setUp();
    for (let n = 0; n < 8; n++) {
      world.time.now += 1000;
      await raiseIncident(world.deps, trouble({ incidentId: `i-${n}`, severity: SEVERITIES[n % 4] ?? 0 }));
    }
    const first = await call("list-incidents", { query: { limit: "5" } });
    const { nextCursor }: { nextCursor: string } = Object(first.json);
    expect(first.json).toMatchObject({ items: [7, 6, 5, 4, 3].map((n) => ({ incidentId: `i-${n}` })) });
    const second = await call("list-incidents", { query: { limit: "5", cursor: nextCursor } });
    expect(second.json).toEqual({ items: [2, 1, 0].map((n) => expect.objectContaining({ incidentId: `i-${n}` })) });
    const grave = await call("list-incidents", { query: { severity: "0" } });
    expect(grave.json).toMatchObject({ items: [{ incidentId: "i-4" }, { incidentId: "i-0" }] });
  });

  test.each(["4", "x", "", "1.5", "-1"])("a severity of %j is refused", async (severity) => {
    const { call } = await setUp();
    expect(await call("list-incidents", { query: { severity } })).toMatchObject({ status: 400 });
  });

  test("one incident is shown with its ETag, an unknown one is 404, a bad id 400", async () => {
    const { world, call } = await setUp();
    const { incidentId } = trouble();
    await raiseIncident(world.deps, trouble());
    const shown = await call("get-incident", { incidentId });
    expect(shown).toMatchObject({
      status: 200,
      json: { incidentId, severity: 0, raisedAt: "2027-02-01T12:00:00.000Z", mail: { status: "accepted" } },
    });
    expect(shown.etag).not.toBe("");
    expect(await call("get-incident", { incidentId: "none" })).toMatchObject({
      status: 404,
      json: { code: "incidentUnknown" },
    });
    expect(await call("get-incident", { incidentId: "a/b" })).toMatchObject({ status: 400 });
  });

  test("the first to acknowledge has it; If-Match is heeded; the role is needed", async () => {
    const { world, call } = await setUp();
    const { incidentId } = trouble();
    await raiseIncident(world.deps, trouble());
    const reader = { ...callerOf("carl"), roles: ["Incidents.Read"] as const };
    expect(await call("acknowledge-incident", { incidentId, caller: reader })).toMatchObject({ status: 403 });
    const old = { "if-match": 'W/"0"' };
    expect(await call("acknowledge-incident", { incidentId, headers: old })).toMatchObject({ status: 412 });
    const headers = { "if-match": (await call("get-incident", { incidentId })).etag };
    const acknowledged = await call("acknowledge-incident", { incidentId, headers });
    expect(acknowledged).toMatchObject({
      status: 200,
      json: { acknowledgedBy: "person:anna", acknowledgedAt: "2027-02-01T12:00:00.000Z" },
    });
    world.time.now += MINUTE;
    expect(await call("acknowledge-incident", { incidentId, headers })).toEqual(acknowledged);
    expect(await call("acknowledge-incident", { incidentId, caller: callerOf("ben") })).toMatchObject({
      status: 409,
      json: { code: "wrongState", detail: expect.stringContaining("person:anna has acknowledged") },
    });
    expect(await call("acknowledge-incident", { incidentId: "none" })).toMatchObject({ status: 404 });
  });

  test("they can be described", async () => {
    const { endpoints } = await setUp();
    const api = {
      title: "t",
      version: "1",
      description: "d",
      problemCodes: ["internalError"],
      issuer: "https://i.example",
    };
    expect(openApiDocument(api, endpoints)).toMatchObject({
      paths: { "/incidents/{incidentId}/acknowledge": { post: { security: [{ entraId: ["Incidents.Respond"] }] } } },
    });
  });
});

test("the timer says what it did, and nothing when there was nothing to do", async () => {
  const { world } = await setUp();
  const { log } = world.deps;
  await world.verbs.sendMails();
  expect(log.entries).toEqual([]);
  world.says.next = () => new PermanentFailure("bad key");
  await raiseIncident(world.deps, trouble());
  world.says.next = undefined;
  world.time.now += 5 * MINUTE;
  await world.verbs.sendMails();
  expect(log.entries.at(-1)).toMatchObject({ event: "incident.mailsSent", fields: { accepted: 1 } });
});

describe("an alert of Azure Monitor", () => {
  const caller: Caller = { actor: { kind: "tool", clientId: "azure-monitor" }, roles: ["ActionGroupsSecureWebhook"] };
  const alert = (essentials: Record<string, unknown> = {}) => ({
    schemaId: "azureMonitorCommonAlertSchema",
    data: {
      essentials: {
        alertId: "/subscriptions/1/providers/Microsoft.AlertsManagement/alerts/2f1e",
        alertRule: "sb-dlq-commands",
        severity: "Sev1",
        signalType: "Metric",
        monitorCondition: "Fired",
        monitoringService: "Platform",
        alertTargetIDs: ["/subscriptions/1/resourcegroups/rg/providers/microsoft.servicebus/namespaces/sb-dwops"],
        firedDateTime: "2027-02-01T12:00:00.000Z",
        description: "Messages lie in a dead-letter queue. Runbook: docs/runbooks/sb-dlq-commands.md",
        ...essentials,
      },
      alertContext: { condition: { whatever: [1, 2, 3] } },
    },
  });

  test("that has fired becomes one incident with its severity and runbook, however often it is delivered", async () => {
    const { world, call } = await setUp();
    const send = () => call("take-azure-monitor-alert", { caller, body: alert() });
    expect(await send()).toMatchObject({ status: 200, json: { incident: "raised" } });
    expect(await send()).toMatchObject({ status: 200, json: { incident: "known" } });
    const { json } = await call("list-incidents");
    expect(json).toMatchObject({
      items: [
        {
          severity: 1,
          kind: "azureMonitor",
          title: "sb-dlq-commands: sb-dwops",
          detail: expect.stringContaining("docs/runbooks/sb-dlq-commands.md"),
        },
      ],
    });
    expect(world.asked).toHaveLength(1);
  });

  test("that has resolved itself raises nothing", async () => {
    const { call } = await setUp();
    const body = alert({ monitorCondition: "Resolved" });
    expect(await call("take-azure-monitor-alert", { caller, body })).toMatchObject({ json: { incident: "none" } });
    expect((await call("list-incidents")).json).toMatchObject({ items: [] });
  });

  test.each([
    ["another schema", { schemaId: "other", data: {} }],
    ["an unknown severity", alert({ severity: "Sev9" })],
    ["no id", alert({ alertId: undefined })],
    ["half a surrogate pair", alert({ description: "\ud83d" })],
    ["2 MB", alert({ searchResults: "😀".repeat(500_000) })],
  ])("with %s is taken", async (_, body) => {
    const { call } = await setUp();
    const taken = { status: 200, json: { incident: "raised" } };
    expect(await call("take-azure-monitor-alert", { caller, body })).toMatchObject(taken);
    expect(await call("take-azure-monitor-alert", { caller, body })).toMatchObject({ json: { incident: "known" } });
  });

  test("from somebody else is refused, in every form", async () => {
    const { call, world } = await setUp();
    expect(await call("take-azure-monitor-alert", { body: alert() })).toMatchObject({ status: 403 });
    expect(await call("take-azure-monitor-alert", { body: { schemaId: "other" } })).toMatchObject({ status: 403 });
    expect(world.asked).toHaveLength(0);
  });
});
