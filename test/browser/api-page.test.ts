// The page of the API in a real browser: it shows every operation of the real document, needs nothing from outside, and
// its calls reach the app with a token of the local issuer.

import { createServer, type Server } from "node:http";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startApiPage } from "../../local/api-page/server.ts";
import type { LocalServer } from "../../local/support/http-server.ts";
import { startTokenIssuer, type TokenIssuer } from "../../local/tokens/issuer.ts";
import { registeredFunctions, type Registered } from "../infra/support/registered.ts";
import { launchBrowser } from "./chromium.ts";

const shots = mkdtempSync(join(tmpdir(), "api-page-"));
let document: Registered["document"];
let tokens: TokenIssuer;
let app: Server;
let apiPage: LocalServer;
let browser: Browser;
let page: Page;
const calls: { readonly url: string | undefined; readonly authorization: string | undefined }[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  tokens = await startTokenIssuer({ port: 0 });
  const { components, ...rest } = (await registeredFunctions()).document;
  document = { ...rest, components: withIssuer(components, tokens.issuer) };
  app = createServer((request, response) => {
    calls.push({ url: request.url, authorization: request.headers.authorization });
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(request.url === "/api/openapi.json" ? document : { items: [] }));
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(app.address());
  apiPage = await startApiPage({ port: 0, functions: `http://127.0.0.1:${port}`, tokens: tokens.url });
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(apiPage.url) && !request.url().startsWith("data:")) complaints.push(request.url());
  });
  await page.goto(apiPage.url);
  await page.locator(".opblock").first().waitFor();
  console.log(`Screenshots: ${shots}`);
});
afterAll(async () => {
  await browser.close();
  await apiPage.stop();
  await tokens.stop();
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
});

/** The document names the issuer of the settings; the one that runs here has another port. */
const withIssuer = (components: unknown, issuer: string): unknown =>
  JSON.parse(JSON.stringify(components).replaceAll(/"[^"]+(?=\/\.well-known\/openid-configuration")/g, `"${issuer}`));

test("every operation of the document is shown", async () => {
  const expected = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(expected.length).toBeGreaterThan(40);
  const shown: string[] = [];
  for (const summary of await page.locator(".opblock-summary").all()) {
    const path = await summary.locator(".opblock-summary-path").getAttribute("data-path");
    shown.push(`${await summary.locator(".opblock-summary-method").textContent()} ${path}`);
  }
  expect(shown.toSorted()).toEqual(expected.toSorted());
  await page.screenshot({ path: join(shots, "operations.png") });
});

test("an example of a body is there to begin with", async () => {
  const operation = page.locator("#operations-campaigns-createCampaign");
  await operation.locator(".opblock-summary").click();
  const example = await operation.locator(".body-param__example").textContent();
  expect(JSON.parse(example ?? "")).toMatchObject({ kind: "upgrade" });
  await operation.screenshot({ path: join(shots, "operation.png") });
});

test("a call that is tried carries a token of the local issuer", async () => {
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.locator(".modal-ux").getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
  await page.locator(".modal-ux").getByRole("button", { name: "Close" }).click();
  const operation = page.locator("#operations-organisations-listOrganisations");
  await operation.locator(".opblock-summary").click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  await operation.getByRole("button", { name: "Execute" }).click();
  await operation.locator(".live-responses-table .response-col_status").filter({ hasText: "200" }).waitFor();
  const call = calls.find(({ url }) => url?.startsWith("/api/organisations"));
  const token = decodeJwt(call?.authorization?.replace(/^Bearer /u, "") ?? "");
  expect(token).toMatchObject({ iss: tokens.issuer, roles: expect.arrayContaining(["Organisations.Read"]) });
});

test("nothing went wrong, and nothing was asked for elsewhere", () => {
  expect(complaints).toEqual([]);
});
