// What the host exports of each request by itself: nothing of it may be a secret.

import { expect, test } from "vitest";
import { exportedRequest } from "../../../local/functions-host/http/request-telemetry.ts";
import { calendarUrl, rescheduleUrl } from "../../../shared/customer-links/notice-composer.ts";
import app from "../../../infra/contract/app.json" with { type: "json" };
import { registeredFunctions } from "../../infra/support/registered.ts";

const BASE = "https://operations.example/api";
const TOKEN = "k1.c2VjcmV0.signature";

test.each([
  ["reschedule", rescheduleUrl(BASE, TOKEN)],
  ["reschedule in a language", `${rescheduleUrl(BASE, TOKEN)}&language=en`],
  ["calendar", calendarUrl(BASE, TOKEN)],
])("a customer's %s link leaves the host without its token", (_, url) => {
  const exported = exportedRequest("GET", url);
  expect(JSON.stringify(exported)).not.toContain(TOKEN);
  expect(exported.url).toContain("?token=Redacted");
});

/** What addresses may name in their path: ids, which open nothing. */
const IDS = ["organisationId", "campaignId", "freezeId", "incidentId", "webhookId", "deliveryId"];
const WORDS = ["kind", "sequence", "version"];

test("no route of the app takes anything in its path but ids", async () => {
  const { http } = await registeredFunctions();
  const names = http.flatMap(({ route }) => [...route.matchAll(/\{(\w+)/gu)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(20);
  expect([...IDS, ...WORDS]).toEqual(expect.arrayContaining([...new Set(names)]));
});

test("the host takes no larger body than the largest that an endpoint reads, and shows no home page", () => {
  const { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: limit, AzureWebJobsDisableHomepage } = app.settings.fixed;
  expect(Number(limit)).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(AzureWebJobsDisableHomepage).toBe("true");
});
