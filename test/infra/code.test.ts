// Code and infra/ say the same: functions, queues, settings, roles, public paths, host.json.

import { describe, expect, test } from "vitest";
import host from "../../host.json" with { type: "json" };
import alerts from "../../infra/contract/alerts.json" with { type: "json" };
import publicContract from "../../infra/contract/public-paths.json" with { type: "json" };
import app from "../../infra/contract/app.json" with { type: "json" };
import sample from "../../local.settings.sample.json" with { type: "json" };
import { severityByContract } from "../../shared/incidents/alert-severity.ts";
import { ACTIVE_STATES } from "../../shared/upgrades/core/moves.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listed } from "./support/kql.ts";
import { ROOT, PROFILES } from "./support/profiles.ts";
import { registeredFunctions } from "./support/registered.ts";
import { LOCAL_ONLY, settingsOf } from "./support/rules/contract.ts";
import { at, list, ofType, textOf } from "./support/stack.ts";
import { stackOf } from "./support/workbench.ts";
import { FUNCTIONS, QUEUES } from "../../shared/capabilities.ts";

const names = (all: readonly { readonly name: string }[]): readonly string[] => all.map(({ name }) => name).toSorted();

describe("functions", () => {
  test("are those that capabilities declare", async () => {
    const { http, timers, queues } = await registeredFunctions();
    expect(names([...http, ...timers, ...queues])).toEqual(FUNCTIONS.toSorted());
  });
  test("that listen to queues listen to those that are declared, with sessions where they have them", async () => {
    const { queues } = await registeredFunctions();
    const code = queues.map(({ queueName, isSessionsEnabled }) => ({
      name: queueName,
      requiresSession: isSessionsEnabled,
    }));
    const contract = QUEUES.map(({ name, requiresSession }) => ({ name, requiresSession }));
    expect(code.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      contract.toSorted((a, b) => a.name.localeCompare(b.name)),
    );
  });
  test("that are timers take their schedules from settings that the template sets", async () => {
    const { timers } = await registeredFunctions();
    const settings = Object.keys(settingsOf(await stackOf("small")) ?? {}).map((name) => `%${name}%`);
    expect(settings).toEqual(expect.arrayContaining(timers.map(({ schedule }) => schedule)));
  });
  test("that take no token are those that platform authentication lets through", async () => {
    const { publicPaths } = await registeredFunctions();
    expect(publicContract.publicPaths.toSorted()).toEqual(publicPaths.toSorted());
  });
  test("that availability tests call take no token", async () => {
    const { publicPaths } = await registeredFunctions();
    expect(publicPaths).toEqual(expect.arrayContaining(alerts.availability.map(({ path }) => path)));
  });
  test.each(PROFILES.map(({ name }) => name))("that profile %s keeps ready exist", async (name) => {
    const [app] = ofType(await stackOf(name), "Microsoft.Web/sites");
    const kept = list(at(app, "properties.functionAppConfig.scaleAndConcurrency.alwaysReady"));
    const known = ["http", ...FUNCTIONS.map((name) => `function:${name}`)];
    expect(known).toEqual(expect.arrayContaining(kept.map((one) => textOf(at(one, "name")))));
  });
});

describe("settings", () => {
  test("of local.settings.sample.json are set by the template", async () => {
    const template = Object.keys(settingsOf(await stackOf("small")) ?? {});
    const local = Object.keys(sample.Values).filter((name) => !LOCAL_ONLY.includes(name));
    expect(local.filter((name) => !template.includes(name))).toEqual([]);
  });
  test("that are secret are no fixed values", () => {
    expect(app.settings.secrets.filter((name) => name in app.settings.fixed)).toEqual([]);
  });
});

test("the alert for organisations that stay offline knows every state in which they are", () => {
  const query = readFileSync(join(ROOT, "infra/kql/organisation-offline-too-long.kql"), "utf8");
  expect(listed(query, "state").toSorted()).toEqual([...ACTIVE_STATES, "needsHuman"].toSorted());
});

describe("host.json", () => {
  const seconds = (text: string): number => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

  test("serves the API below /api, as availability tests and webhook expect", () => {
    expect(host.extensions.http.routePrefix).toBe("api");
  });
  test("renews locks for as long as a function may run", () => {
    const { maxAutoLockRenewalDuration } = host.extensions.serviceBus;
    expect(seconds(maxAutoLockRenewalDuration)).toBeGreaterThanOrEqual(seconds(host.functionTimeout));
  });
  test("sends telemetry as OpenTelemetry, which the code's spans join", () => {
    expect(host.telemetryMode).toBe("OpenTelemetry");
  });
  test("says where the Service Bus trigger comes from", () => {
    expect(host.extensionBundle).toEqual({
      id: "Microsoft.Azure.Functions.ExtensionBundle",
      version: "[4.*, 5.0.0)",
    });
  });
});

describe("alerts", () => {
  const severityOf = severityByContract(alerts);
  const inApp = (rule: string, severity?: string) => severityOf({ rules: [rule], severity, isAboutCosts: false });
  const METRIC_AND_LOG = ["Microsoft.Insights/metricAlerts", "Microsoft.Insights/scheduledQueryRules"];

  test.each(METRIC_AND_LOG)("of %s become incidents of the severity that the template gives them", async (type) => {
    const deployed = ofType(await stackOf("small"), type);
    expect(deployed.length).toBeGreaterThan(0);
    for (const one of deployed)
      expect([one.id, inApp(one.id, "Sev4")]).toEqual([one.id, at(one, "properties.severity")]);
  });
  test("on the activity log, which come without a severity of their own, are found by their deployed names", async () => {
    const deployed = ofType(await stackOf("small"), "Microsoft.Insights/activityLogAlerts").map(({ id }) => inApp(id));
    const unknown = 2;
    const expected = [...alerts.activity.map(({ severity }) => severity), /* service-health, by Sev4 */ unknown];
    expect(deployed.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  });
});
