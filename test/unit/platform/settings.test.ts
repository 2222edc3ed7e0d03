import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scheduleProblem } from "../../../shared/platform/settings/schedules.ts";
import { parseSettings, TIMERS } from "../../../shared/capabilities.ts";
import { SettingsError } from "../../../shared/platform/settings/setting.ts";

const sample: { Values: Record<string, string> } = JSON.parse(
  readFileSync(new URL("../../../local.settings.sample.json", import.meta.url), "utf8"),
);
const local = sample.Values;

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    parseSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("of the local sample are complete, with the standards of the upgrade policy", () => {
    expect(parseSettings(local)).toMatchObject({
      storage: { kind: "connectionString", connectionString: local["DATA_STORAGE"] },
      bus: { kind: "connectionString" },
      auth: { issuer: "http://127.0.0.1:7083", audience: "api://docuware-operations" },
      controlPlane: { url: "http://127.0.0.1:7081" },
      probe: { kind: "client", clientId: "probe-client", clientSecret: "local" },
      mail: { access: { kind: "connectionString" }, supportAddress: "support@docuware-cloud.example" },
      schedules: {
        "schedule-functional-checks": "0 */15 * * * *",
        "reconcile-upgrades": "30 * * * * *",
        "schedule-check-sweeps": "0 20 3 * * *",
      },
      upgrade: {
        maxInFlight: 10,
        campaignTickMs: 5000,
        policy: {
          limitsMs: {
            goingOffline: 600_000,
            creatingRestorePoint: 1_800_000,
            upgrading: 3_600_000,
            verifying: 600_000,
            goingOnline: 600_000,
            restoring: 3_600_000,
          },
        },
      },
    });
  });

  test("put the audit log beside the data, or into an account of its own", () => {
    const beside = parseSettings(local);
    expect(beside.auditStorage).toBeUndefined();
    const apart = parseSettings({ ...local, AUDIT_STORAGE__tableServiceUri: "https://audit.table.core.windows.net" });
    expect(apart.auditStorage).toEqual({ kind: "identity", tableServiceUri: "https://audit.table.core.windows.net" });
    const wrong = { ...local, AUDIT_STORAGE__tableServiceUri: "http://audit.example" };
    expect(() => parseSettings(wrong)).toThrow(/AUDIT_STORAGE__tableServiceUri: must be an https URL/);
  });

  test("in the cloud name resources, not secrets", () => {
    const cloud = {
      ...local,
      DATA_STORAGE: undefined,
      DATA_STORAGE__tableServiceUri: "https://ops.table.core.windows.net",
      ServiceBus: "",
      ServiceBus__fullyQualifiedNamespace: "ops.servicebus.windows.net",
      MAIL_CONNECTION_STRING: undefined,
      MAIL_ENDPOINT: "https://ops.communication.azure.com",
      OUTBOUND_ALLOW_LOCAL: undefined,
      PROBE_CLIENT_ID: undefined,
      PROBE_CLIENT_SECRET: undefined,
      PROBE_USERNAME: "probe",
      PROBE_PASSWORD: "p",
      CAMPAIGN_TICK_SECONDS: "0.25",
      UPGRADE_MAX_IN_FLIGHT: "25",
      UPGRADE_VERIFYING_SECONDS: "90",
    };
    expect(parseSettings(cloud)).toMatchObject({
      storage: { kind: "identity", tableServiceUri: "https://ops.table.core.windows.net" },
      bus: { kind: "identity", fullyQualifiedNamespace: "ops.servicebus.windows.net" },
      mail: { access: { kind: "identity", endpoint: "https://ops.communication.azure.com" } },
      probe: { kind: "user", username: "probe", password: "p" },
      outbound: { hosts: [{ name: ".docuware.cloud", port: "" }], allowLocal: false },
      webhooks: { outbound: { allowLocal: false } },
      upgrade: { maxInFlight: 25, campaignTickMs: 250, policy: { limitsMs: { verifying: 90_000 } } },
    });
  });

  test("that are missing are all named at once", () => {
    const schedules = TIMERS.map(({ setting }) => setting);
    expect(schedules.length).toBeGreaterThan(6);
    const named = problemsOf({}).map((problem) => problem.split(":")[0] ?? "");
    const others = [
      "AUTH_AUDIENCE",
      "AUTH_ISSUER",
      "CONTROL_PLANE_URL",
      "DATA_STORAGE",
      "LINK_KEYS",
      "MAIL_CONNECTION_STRING",
      "MAIL_SENDER",
      "PROBE_CLIENT_ID",
      "PUBLIC_BASE_URL",
      "SUPPORT_ADDRESS",
      "ServiceBus",
      "WEBHOOK_MASTER_KEY",
    ];
    expect(named.toSorted()).toEqual(schedules.concat(others).toSorted());
    expect(problemsOf({})).toContain("MAIL_SENDER: is missing");
    expect(() => parseSettings({})).toThrow(`${others.length + schedules.length} settings are missing or wrong`);
  });

  test.each([
    ["DATA_STORAGE", "hunter2"],
    ["ServiceBus", "hunter2"],
    ["MAIL_CONNECTION_STRING", "hunter2"],
    ["AUTH_ISSUER", "http://hunter2.example"],
    ["CONTROL_PLANE_URL", "https://user:hunter2@host"],
    ["CONTROL_PLANE_URL", "hunter2"],
    ["SUPPORT_ADDRESS", "hunter2"],
    ["FUNCTIONAL_CHECK_SCHEDULE", "hunter2"],
    ["UPGRADE_MAX_IN_FLIGHT", "0"],
    ["UPGRADE_MAX_IN_FLIGHT", "2.5"],
    ["CAMPAIGN_TICK_SECONDS", "-1"],
    ["CAMPAIGN_TICK_SECONDS", "0"],
    ["UPGRADE_UPGRADING_SECONDS", "1e3"],
    ["LINK_KEYS", "hunter2"],
    ["WEBHOOK_MASTER_KEY", "hunter2"],
  ])("%s=%s is refused by name, without its value", (key, value) => {
    const problems = problemsOf({ ...local, [key]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${key}: (must|has)`));
    expect(problems[0]).not.toContain("hunter2");
  });

  test("with half a pair of credentials are refused", () => {
    expect(problemsOf({ ...local, PROBE_CLIENT_SECRET: undefined })).toEqual([
      expect.stringMatching(/^PROBE_CLIENT_SECRET: is missing/),
    ]);
    const user = { ...local, PROBE_CLIENT_ID: undefined, PROBE_CLIENT_SECRET: undefined, PROBE_USERNAME: "u" };
    expect(problemsOf(user)).toEqual([expect.stringMatching(/^PROBE_PASSWORD: is missing/)]);
  });
});

describe("where the app may send to", () => {
  test("is DocuWare's cloud, or what the settings name", () => {
    const { outbound, webhooks } = parseSettings({
      ...local,
      OUTBOUND_HOSTS: " Login.Example.com, *.docuware.cloud,gate.example.com:8443 ",
      WEBHOOK_HOSTS: "hooks.example.com",
    });
    expect(outbound.hosts).toEqual([
      { name: "login.example.com", port: "" },
      { name: ".docuware.cloud", port: "" },
      { name: "gate.example.com", port: "8443" },
    ]);
    expect(webhooks.outbound).toEqual({ hosts: [{ name: "hooks.example.com", port: "" }], allowLocal: true });
  });

  test.each([
    "*",
    "*.cloud",
    "*docuware.cloud",
    ".docuware.cloud",
    "a.*.cloud",
    "https://a.example",
    "a.example/x",
    "10.0.0.1",
    "[::1]",
    "localhost",
    "a.example,",
    "a.example:0",
    "a.example:65536",
    "a_b",
    "аlpine.example",
    "a.example.",
  ])("OUTBOUND_HOSTS=%s is refused", (value) => {
    expect(problemsOf({ ...local, OUTBOUND_HOSTS: value })).toEqual([
      expect.stringMatching(/^OUTBOUND_HOSTS: must be a comma-separated list of hosts/),
    ]);
  });

  test.each([
    [
      "storage by identity",
      { DATA_STORAGE: undefined, DATA_STORAGE__tableServiceUri: "https://ops.table.core.windows.net" },
    ],
    ["a bus by identity", { ServiceBus: undefined, ServiceBus__fullyQualifiedNamespace: "ops.servicebus.windows.net" }],
    ["mail by identity", { MAIL_CONNECTION_STRING: undefined, MAIL_ENDPOINT: "https://ops.communication.azure.com" }],
    ["a public address", { PUBLIC_BASE_URL: "https://operations.example/api" }],
  ])("is never this machine with %s: the start is refused", (_, changes) => {
    const production = { ...local, ...changes };
    expect(problemsOf(production)).toEqual([expect.stringMatching(/^OUTBOUND_ALLOW_LOCAL: must be false where /)]);
    expect(problemsOf({ ...production, OUTBOUND_ALLOW_LOCAL: undefined })).toEqual([]);
    expect(problemsOf({ ...production, OUTBOUND_ALLOW_LOCAL: "false" })).toEqual([]);
  });
});

describe("a schedule", () => {
  test.each([
    "0 */5 * * * *",
    "0,30 0-10/2 5 1 jan-MAR mon-fri",
    "*/10 * * * * 0",
    "59 59 23 31 12 6",
    "0 5/10 * * * *",
  ])("%s is fine", (text) => expect(scheduleProblem(text)).toBeUndefined());
  test.each([
    ["*/5 * * * *", "six fields"],
    ["60 * * * * *", "second"],
    ["0 * 24 * * *", "hour"],
    ["0 0 0 0 * *", "day"],
    ["0 * * * foo *", "month"],
    ["0 * * * * 7", "day of week"],
    ["0 10-5 * * * *", "minute"],
    ["0 */0 * * * *", "minute"],
    ["0 1, * * * *", "minute"],
    ["00:05:00", "six fields"],
  ])("%s is not", (text, what) => expect(scheduleProblem(text)).toContain(what));
});
