// The pages of the local mail sink in a real browser: links of a mail lead where they do in a mail program, and the
// pages fit a narrow window.

import { createServer, type Server } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startMailSink, type MailSink } from "../../local/mail/sink.ts";
import { azureMailer } from "../../shared/platform/mail/azure-mail.ts";
import { launchBrowser } from "./chromium.ts";

let sink: MailSink;
let browser: Browser;
let context: BrowserContext;
let customerPage: Server;
let page: Page;
let link: string;

const OPERATION = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";

beforeAll(async () => {
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  customerPage = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end(`<h1>${request.method} done</h1><form method="post"><button>Choose</button></form>`);
  });
  await new Promise<void>((resolve) => customerPage.listen(0, "127.0.0.1", resolve));
  link = `http://127.0.0.1:${z.object({ port: z.number() }).parse(customerPage.address()).port}/api/reschedule/t?a=1&b=2`;
  sink = await startMailSink({ port: 0, processingMs: 0 });
  const mailer = azureMailer({ connectionString: sink.connectionString, sender: "operations@docuware.example" });
  await mailer.send({
    operationId: OPERATION,
    to: ["it@a-customer-with-a-rather-long-name.example"],
    subject: "DocuWare-Update am 29. Dezember 2026",
    text: `Anderen Termin wählen:\n${link}\n<script>document.title = "stolen"</script>`,
    html: `<!DOCTYPE html><html lang="de"><body><a href="${link.replace("&", "&amp;")}">Anderen Termin wählen</a><script>top.document.title = "stolen"</script></body></html>`,
  });
});

afterAll(async () => {
  await browser.close();
  await sink.stop();
  customerPage.closeAllConnections();
  await new Promise((resolve) => customerPage.close(resolve));
});

test.each(["text", "HTML"])(
  "a link in the %s of a mail opens the customer's page, whose form can be sent",
  async (form) => {
    await page.goto(`${sink.url}/mails/${OPERATION}`);
    const found =
      form === "text"
        ? page.getByRole("link", { name: link })
        : page.frameLocator("iframe").getByRole("link", { name: "Anderen Termin wählen" });
    const [opened] = await Promise.all([context.waitForEvent("page"), found.click()]);
    expect(opened.url()).toBe(link);
    await opened.getByRole("button").click();
    await opened.getByRole("heading", { name: "POST done" }).waitFor();
    await opened.close();
    expect(await page.title()).toBe("DocuWare-Update am 29. Dezember 2026");
  },
);

test("the list fits a telephone", async () => {
  await page.setViewportSize({ width: 380, height: 800 });
  await page.goto(sink.url);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
  const row = await page.locator("tbody tr").boundingBox();
  expect(row?.height).toBeLessThan(200);
  await page.getByRole("link", { name: "DocuWare-Update am 29. Dezember 2026" }).click();
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(380);
});
