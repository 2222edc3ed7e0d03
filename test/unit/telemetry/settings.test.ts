import { describe, expect, test } from "vitest";
import { EVENTS } from "../../../shared/capabilities.ts";
import { startTelemetry, telemetrySettings } from "../../../shared/platform/telemetry/start-telemetry.ts";
import { METRICS } from "../../support/catalogue.ts";
import { noTelemetry } from "../../../shared/platform/telemetry/telemetry.ts";

const connection = "InstrumentationKey=00000000-0000-4000-8000-000000000a11;IngestionEndpoint=https://x.example/";

describe("telemetry settings", () => {
  test.each([{}, { APPLICATIONINSIGHTS_CONNECTION_STRING: "" }])(
    "without a connection string nothing starts",
    async (environment) => {
      expect(await startTelemetry(environment)).toBe(noTelemetry);
    },
  );

  test.each([
    ["", undefined],
    ["Authorization=AAD", {}],
    ["ClientId=7c1d;Authorization=AAD", { clientId: "7c1d" }],
  ])("authentication %j", (text, identity) => {
    const settings = telemetrySettings({
      APPLICATIONINSIGHTS_CONNECTION_STRING: connection,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: text,
    });
    expect(settings).toEqual({ connectionString: connection, ...(identity !== undefined && { identity }) });
  });

  test.each([
    ["APPLICATIONINSIGHTS_CONNECTION_STRING", "IngestionEndpoint=https://secret.example/"],
    ["APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=secret"],
    ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=secret"],
    ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=secret"],
  ])("a bad %s is named, its value is not shown", async (name, value) => {
    const environment = { APPLICATIONINSIGHTS_CONNECTION_STRING: connection, [name]: value };
    const failure = await startTelemetry(environment).then(
      () => "it started",
      (error: unknown) => String(error),
    );
    expect(failure).toContain(`${name}: must`);
    expect(failure).not.toContain("secret");
  });
});

describe("the catalogue", () => {
  test("names no organisation or campaign on a metric", () => {
    for (const { attributes } of Object.values(METRICS)) {
      expect(attributes).not.toContain("organisationId");
      expect(attributes).not.toContain("campaignId");
    }
  });

  test("names things as the exporter and KQL take them", () => {
    for (const name of Object.keys(METRICS)) expect(name).toMatch(/^dwops(?:\.[a-z_]+)+$/);
    for (const name of Object.keys(EVENTS)) expect(name).toMatch(/^[a-z]+\.[A-Za-z]+$/);
  });
});
