// Customers' pages in a real browser, without JavaScript unless a test is about it.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { customerLinkEndpoints } from "../../functions/http/customer-links.ts";
import { TransientFailure } from "../../shared/kernel/failures.ts";
import { err } from "../../shared/kernel/result.ts";
import type { Offer } from "../../shared/customer-links/reschedule-port.ts";
import { signLink } from "../../shared/customer-links/signed-link.ts";
import { memoryLog } from "../support/memory/memory-log.ts";
import {
  KEYS,
  memoryReschedule,
  night,
  NOON,
  OFFER,
  linkVerbs,
  PAYLOAD,
  SUPPORT,
  tokenOf,
} from "../unit/customer-links/support.ts";
import { launchBrowser } from "./chromium.ts";
import { serveEndpoints, type Served } from "./serve.ts";
import { anAuditLog } from "../support/audit.ts";

const shots = mkdtempSync(join(tmpdir(), "reschedule-pages-"));
let browser: Browser;
let served: Served;
let context: BrowserContext;
let page: Page;
let world: ReturnType<typeof memoryReschedule>;
const time = { now: NOON };
const log = memoryLog();

beforeAll(async () => {
  browser = await launchBrowser();
  const port = {
    offer: (of: never) => world.port.offer(of),
    choose: (of: never, at: string) => world.port.choose(of, at),
  };
  const clock = { now: () => time.now };
  served = await serveEndpoints(customerLinkEndpoints(linkVerbs({ reschedulePort: port, clock, log })), {
    log,
    audit: anAuditLog(),
    authenticate: async () => err({ reason: "none", hadToken: false }),
  });
  console.log(`Screenshots: ${shots}`);
});
afterAll(async () => {
  await browser.close();
  await served.stop();
});
beforeEach(async () => {
  world = memoryReschedule();
  time.now = NOON;
  context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
});
afterEach(() => context.close());

const open = (token = tokenOf(), query = "") => page.goto(`${served.url}/reschedule?token=${token}${query}`);
const heading = () => page.getByRole("heading", { level: 1 }).textContent();

const PASSING_THE_EDGE =
  "[...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)";

/** As wide as the window, and everything in it: nothing must be cut off or need scrolling sideways. */
async function shoot(name: string): Promise<void> {
  for (const width of [320, 1280]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    expect(await page.evaluate(PASSING_THE_EDGE), `at ${width} px`).toEqual([]);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

describe("choosing another time, without JavaScript", () => {
  test.each([
    [
      "de",
      "Anderen Termin wählen",
      "Samstag, 17. April 2027, 22:00 Uhr",
      "Termin verbindlich wählen",
      "Ihr neuer Termin steht fest",
    ],
    [
      "en",
      "Choose another time",
      "Saturday, 17 April 2027, 22:00",
      "Confirm this time",
      "Your new appointment is fixed",
    ],
  ] as const)("in the organisation's language (%s)", async (language, title, option, button, done) => {
    world = memoryReschedule({ ...OFFER, language });
    expect((await open())?.status()).toBe(200);
    expect(await heading()).toBe(title);
    expect(await page.getAttribute("html", "lang")).toBe(language);
    await shoot(`choose-${language}`);
    await page.getByRole("radio", { name: option }).check();
    await page.getByRole("button", { name: button }).click();
    expect(await heading()).toBe(done);
    expect(await page.getByRole("main").textContent()).toContain(option);
    expect(world.state.offer.current).toEqual(night(17));
    await shoot(`done-${language}`);
  });

  test("in the other language, which stays until the end", async () => {
    await open();
    await page.getByRole("link", { name: "English" }).click();
    expect(await heading()).toBe("Choose another time");
    await page.getByRole("radio", { name: "Saturday, 3 April 2027, 22:00" }).check();
    await page.getByRole("button").click();
    expect(await heading()).toBe("Your new appointment is fixed");
    expect(await page.getByRole("main").textContent()).not.toMatch(/Termin|Uhr/u);
  });

  test("by keyboard alone", async () => {
    await open();
    const focused = () => page.locator(":focus");
    await page.keyboard.press("Tab");
    expect(await focused().textContent()).toBe("English");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    expect(await focused().getAttribute("value")).toBe("2027-04-17T22:00");
    await page.keyboard.press("Tab");
    await Promise.all([page.waitForURL(/language=de/u), page.keyboard.press("Enter")]);
    expect(await heading()).toBe("Ihr neuer Termin steht fest");
  });

  test("opening a link, also many times, changes nothing", async () => {
    for (let times = 0; times < 3; times++) await open();
    expect(world.state.calls).toEqual(["look", "look", "look"]);
    expect(world.state.offer).toEqual(OFFER);
  });

  test("without a choice the browser does not send the form; a form that comes so gets the page with what to do", async () => {
    await open();
    await page.getByRole("button").click();
    expect(world.state.calls).toEqual(["look"]);
    const answer = await page.request.post(page.url(), { form: {} });
    expect(answer.status()).toBe(400);
    await page.setContent(await answer.text());
    expect(await page.getByRole("alert").textContent()).toBe("Bitte wählen Sie zuerst einen der Termine aus.");
    expect(world.state.offer).toEqual(OFFER);
  });

  test("around a change of the clocks each time names its offset", async () => {
    const winter = {
      wallStart: "2027-03-20T22:00",
      start: Date.UTC(2027, 2, 20, 21),
      end: Date.UTC(2027, 2, 21, 1, 30),
    };
    const change = {
      wallStart: "2027-03-27T22:00",
      start: Date.UTC(2027, 2, 27, 21),
      end: Date.UTC(2027, 2, 28, 1, 30),
    };
    world = memoryReschedule({ ...OFFER, options: [winter, change, night(3)] });
    await open(tokenOf(), "&language=en");
    const labels = await page.locator("label").allTextContents();
    const expected = ["(UTC+01:00)", "(UTC+01:00, and UTC+02:00 at the end because the clocks change)", "(UTC+02:00)"];
    for (const [at, zone] of expected.entries()) expect(labels[at]).toContain(`Europe/Berlin ${zone}`);
    await shoot("clocks-en");
  });

  test("with no other time to offer there is no form, but whom to ask", async () => {
    world = memoryReschedule({ ...OFFER, options: [OFFER.current] });
    await open();
    expect(await page.locator("form").count()).toBe(0);
    expect(await page.getByRole("link", { name: SUPPORT.email }).getAttribute("href")).toBe(`mailto:${SUPPORT.email}`);
    await shoot("none-de");
  });

  test("a name full of markup stays a name", async () => {
    const organisationName = `<img src=x onerror=alert(1)> "Söhne" ${"verylong".repeat(20)}`;
    world = memoryReschedule({ ...OFFER, organisationName } satisfies Offer);
    await open();
    expect(await page.getByRole("main").textContent()).toContain(organisationName);
    expect(await page.locator("img").count()).toBe(0);
    await shoot("long-name");
  });
});

describe("a link that does not hold", () => {
  test("used twice: the second click with the same time is confirmed again, another time is not taken", async () => {
    await open(tokenOf(), "&language=en");
    const url = page.url();
    const send = (start: string) => page.request.post(url, { form: { start } });
    expect((await send("2027-04-17T22:00")).status()).toBe(200);
    const again = await send("2027-04-17T22:00");
    expect([again.status(), (await again.text()).includes("is fixed")]).toEqual([200, true]);
    expect((await send("2027-04-24T22:00")).status()).toBe(410);
    expect(world.state.offer.current).toEqual(night(17));
    expect((await open(tokenOf(), "&language=en"))?.status()).toBe(410);
    expect(await heading()).toBe("This link no longer holds");
    await shoot("used-en");
  });

  const altered = tokenOf().replace(/.$/u, (last) => (last === "A" ? "B" : "A"));
  const calendar = signLink(KEYS, {
    purpose: "calendar",
    organisationId: "alpine-foods",
    expiresAt: PAYLOAD.expiresAt,
  });
  test.each([
    ["expired", tokenOf({ expiresAt: NOON }), 410, "Dieser Link ist abgelaufen", "This link has expired"],
    ["altered", altered, 404, "Dieser Link ist nicht gültig", "This link is not valid"],
    ["cut off", tokenOf().slice(0, 40), 404, "Dieser Link ist nicht gültig", "This link is not valid"],
    ["for the calendar", calendar, 404, "Dieser Link gehört zu etwas anderem", "This link is for something else"],
  ])("%s: said in both languages, nothing asked or changed", async (name, token, status, german, english) => {
    expect((await open(token))?.status()).toBe(status);
    expect(await heading()).toBe(german);
    expect(await page.getByRole("heading", { level: 2 }).textContent()).toBe(english);
    expect((await page.request.post(page.url(), { form: { start: "2027-04-17T22:00" } })).status()).toBe(status);
    expect(world.state.calls).toEqual([]);
    await shoot(name.replace(" ", "-"));
  });

  test("a time that is gone leads back to the free ones", async () => {
    await open();
    world.state.offer = { ...OFFER, options: [night(24)] };
    await page.getByRole("radio").nth(1).check();
    await page.getByRole("button").click();
    expect(await heading()).toBe("Dieser Termin ist nicht mehr frei");
    await page.getByRole("link", { name: "Zu den freien Terminen" }).click();
    expect(await page.getByRole("radio").count()).toBe(1);
  });
});

describe("trouble", () => {
  test("a storage that cannot be reached is a page in both languages, with 503", async () => {
    world.port.offer = () => Promise.reject(new TransientFailure("table busy"));
    const answer = await open();
    expect([answer?.status(), answer?.headers()["retry-after"]]).toEqual([503, "5"]);
    expect(await heading()).toBe("Das geht im Moment nicht");
    expect(await page.getByRole("main").textContent()).not.toContain("table busy");
    await shoot("unavailable");
  });

  test("a form that is too large or of another type is a page, in the language of the address", async () => {
    const url = `${served.url}/reschedule?token=${tokenOf()}&language=en`;
    const large = await page.request.post(url, { form: { start: "x".repeat(2000) } });
    const json = await page.request.post(url, { data: { start: "2027-04-17T22:00" } });
    expect([large.status(), json.status()]).toEqual([413, 415]);
    for (const answer of [large, json]) {
      expect(answer.headers()["content-type"]).toBe("text/html; charset=utf-8");
      expect(await answer.text()).toMatch(/<html lang="en">[^]*We do not understand this request/u);
    }
    expect(world.state.calls).toEqual([]);
  });

  test("no token gets into the log", () => {
    expect(log.entries.length).toBeGreaterThan(5);
    expect(JSON.stringify(log.entries)).not.toContain(tokenOf().split(".")[1]);
  });
});

test("with JavaScript on: the policy holds back everything but the page's own style, and nothing else is asked for", async () => {
  const scripted = await browser.newContext();
  const own = await scripted.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  own.on("request", (request) => asked.push(new URL(request.url()).pathname));
  own.on("console", (message) => complaints.push(message.text()));
  const answer = await own.goto(`${served.url}/reschedule?token=${tokenOf()}`);
  expect(answer?.headers()).toMatchObject({
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": expect.stringMatching(
      /^default-src 'none'; style-src 'sha256-[\w+/]+='; form-action 'self'/u,
    ),
  });
  expect(asked.filter((path) => path !== "/favicon.ico")).toEqual(["/api/reschedule"]);
  expect(complaints.filter((text) => !text.includes("favicon"))).toEqual([]);
  // The style sheet counts: its hash is right.
  expect(await own.locator("section").evaluate("(one) => getComputedStyle(one).borderRadius")).not.toBe("0px");
  await own.evaluate("document.body.insertAdjacentHTML('beforeend', '<style>h1{display:none}</style>')");
  expect(await own.locator("h1").isVisible()).toBe(true);
  await scripted.close();
});
