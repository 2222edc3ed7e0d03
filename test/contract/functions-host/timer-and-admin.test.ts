// Timers, runs by hand, drain, retries, hooks and the whole life of a host, as measured on the real host.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { buildFixture, eventually, runApp, startApp, type Fixture, type RunningApp } from "./fixture.ts";

const TIMER = `
const seen = globalThis.__seen ??= [];
app.timer("tick", { schedule: "%TICK%", handler: (timer) => { seen.push(timer); } });
app.http("seen", { handler: () => ({ jsonBody: seen.splice(0) }) });
`;

const take = async (running: RunningApp, path = "/api/seen"): Promise<unknown[]> => {
  const body: unknown = await (await fetch(running.url + path)).json();
  return Array.isArray(body) ? body : [body];
};

/** Collects what the app saw until there are `count` entries. */
const seenBy = async (running: RunningApp, count: number): Promise<unknown[]> => {
  const all: unknown[] = [];
  return eventually(`${count} runs`, async () => {
    all.push(...(await take(running)));
    return all.length >= count ? all : undefined;
  });
};

const post = (url: string, body?: unknown): Promise<Response> =>
  fetch(url, { method: "POST", body: body === undefined ? null : JSON.stringify(body) });

async function fixtureOf(source: string, hostJson: object = { version: "2.0" }): Promise<Fixture> {
  const fixture = await buildFixture({ source, hostJson });
  onTestFinished(() => fixture.remove());
  return fixture;
}

describe("timers", () => {
  test("one that fires each second runs again and again, without status", async () => {
    const running = await runApp({ source: TIMER }, { settings: { TICK: "* * * * * *" } });
    const [first, second] = await seenBy(running, 2);
    const expected = { schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false };
    expect([first, second]).toEqual([expected, expected]);
  });

  test("a missed occurrence is made up for once at the next start, and its time is told", async () => {
    const fixture = await fixtureOf(TIMER);
    const settings = { TICK: "0 0 * * * *" };
    const first = await startApp(fixture, { settings });
    const file = join(fixture.dataDir, "timers", "tick.json");
    await eventually("the status file", () => existsSync(file));
    expect(await take(first)).toEqual([]);
    await first.host.stop();
    // As if the host had been down since the full hour three hours ago.
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const missed = { last: hour - 3 * 3_600_000, next: hour - 2 * 3_600_000, lastUpdated: hour - 3 * 3_600_000 };
    const { writeFileSync } = await import("node:fs");
    writeFileSync(file, JSON.stringify(missed));
    const second = await startApp(fixture, { settings });
    onTestFinished(() => second.host.stop());
    const [value] = await seenBy(second, 1);
    expect(value).toMatchObject({ isPastDue: true, schedule: { adjustForDST: true } });
    const next = Object(value).scheduleStatus.next;
    expect(Date.parse(String(next))).toBe(missed.next);
    await eventually("the new status", () => JSON.parse(readFileSync(file, "utf8")).next > Date.now());
    expect(await take(second)).toEqual([]);
    await second.host.stop();
    const third = await startApp(fixture, { settings });
    onTestFinished(() => third.host.stop());
    await eventually("the third start", () => third.lines.some((line) => line.includes("Host started")));
    expect(third.lines.some((line) => line.includes("past due"))).toBe(false);
  });

  test("runOnStartup runs at the start; a run by hand is not past due", async () => {
    const source = TIMER.replace(`schedule:`, `runOnStartup: true, schedule:`);
    const running = await runApp({ source }, { settings: { TICK: "0 0 0 1 1 *" } });
    const [first] = await seenBy(running, 1);
    expect(first).toMatchObject({ isPastDue: false, scheduleStatus: { last: "0001-01-01T00:00:00+00:00" } });
    expect((await post(`${running.url}/admin/functions/TICK`, { input: "" })).status).toBe(202);
    const [second] = await seenBy(running, 1);
    expect(second).toMatchObject({ isPastDue: false });
  });

  test("a bad schedule or a missing setting puts only that function in error", async () => {
    const source = `
      app.timer("bad", { schedule: "99 * * * * *", handler: () => {} });
      app.timer("unset", { schedule: "%NOPE%", handler: () => {} });
      app.http("fine", { handler: () => ({ body: "fine" }) });`;
    const running = await runApp({ source });
    const errors = running.host.functions().map(({ name, error }) => [name, error]);
    expect(errors).toEqual([
      ["bad", expect.stringContaining("The schedule expression '99 * * * * *' was not recognized")],
      ["fine", undefined],
      ["unset", "'%NOPE%' does not resolve to a value."],
    ]);
    expect(await (await fetch(`${running.url}/api/fine`)).text()).toBe("fine");
    expect((await post(`${running.url}/admin/functions/bad`, { input: "" })).status).toBe(404);
    const list = await take(running, "/admin/functions");
    expect(list).toContainEqual(
      expect.objectContaining({ name: "unset", errors: ["'%NOPE%' does not resolve to a value."] }),
    );
  });

  test("runs never overlap, and a failing run does not stop the schedule", async () => {
    const source = `
      let running = 0; let most = 0; let runs = 0;
      app.timer("slow", { schedule: "* * * * * *", handler: async () => {
        running += 1; most = Math.max(most, running); runs += 1;
        await new Promise((r) => setTimeout(r, 1200)); running -= 1; throw new Error("fails"); } });
      app.http("seen", { handler: () => ({ jsonBody: { most, runs } }) });`;
    const running = await runApp({ source });
    const [state] = await eventually("two runs", async () => {
      const now = await take(running);
      return Object(now[0]).runs >= 2 ? now : undefined;
    });
    expect(state).toMatchObject({ most: 1 });
  });
});

describe("retry policies", () => {
  test("the tries share one invocation, tell their count and the error before, and stop at the maximum", async () => {
    const source = `
      const seen = [];
      app.timer("flaky", { schedule: "0 0 0 1 1 *", retry: { strategy: "fixedDelay", delayInterval: 100, maxRetryCount: 2 },
        handler: (timer, context) => { seen.push({ id: context.invocationId, retry: context.retryContext }); throw new Error("no " + seen.length); } });
      app.http("seen", { handler: () => ({ jsonBody: seen }) });`;
    const running = await runApp({ source });
    await post(`${running.url}/admin/functions/flaky`, { input: "" });
    const tries = await eventually("three tries", async () => {
      const now = await take(running);
      return now.length === 3 ? now : undefined;
    });
    expect(new Set(tries.map((one) => Object(one).id)).size).toBe(1);
    expect(tries.map((one) => Object(one).retry)).toEqual([
      { retryCount: 0, maxRetryCount: 2 },
      { retryCount: 1, maxRetryCount: 2, exception: expect.objectContaining({ message: "no 1" }) },
      { retryCount: 2, maxRetryCount: 2, exception: expect.objectContaining({ message: "no 2" }) },
    ]);
  });
});

describe("admin API", () => {
  const source = `
    let release; const gate = new Promise((r) => { release = r; });
    app.http("release", { handler: () => { release(); return { body: "released" }; } });
    app.timer("waits", { schedule: "0 0 0 1 1 *", handler: () => gate });`;

  test("drain lets running invocations end and HTTP is still served; resume starts again", async () => {
    const running = await runApp({ source });
    const state = async () => (await take(running, "/admin/host/drain/status"))[0];
    expect(await state()).toEqual({ state: "Disabled", outstandingInvocations: 0, outstandingRetries: 0 });
    await post(`${running.url}/admin/functions/waits`, { input: "" });
    expect((await post(`${running.url}/admin/host/drain`)).status).toBe(202);
    expect(await state()).toEqual({ state: "InProgress", outstandingInvocations: 1, outstandingRetries: 0 });
    expect(await (await fetch(`${running.url}/api/release`)).text()).toBe("released");
    await eventually("the drain", async () => Object(await state()).state === "Completed");
    expect(await (await post(`${running.url}/admin/host/resume`)).json()).toEqual({ state: "Running" });
    expect(await state()).toMatchObject({ state: "Disabled" });
  });

  test("is open on this machine, but not to web pages, and refuses what it cannot run", async () => {
    const running = await runApp({ source });
    const admin = `${running.url}/admin/functions`;
    expect((await fetch(`${running.url}/admin/host/status`)).status).toBe(200);
    expect((await fetch(admin, { headers: { Origin: "https://evil.example" } })).status).toBe(403);
    expect((await post(`${admin}/unknown`, { input: "" })).status).toBe(404);
    expect((await post(`${admin}/release`, { input: "" })).status).toBe(400);
    expect((await fetch(`${admin}/waits`, { method: "POST", body: "no json" })).status).toBe(400);
  });

  test("with requireKeys: nothing is 401 with a challenge, a host key 403, the master key passes", async () => {
    const running = await runApp({ source }, { requireKeys: true, keys: { master: "master-key", host: "host-key-1" } });
    const url = `${running.url}/admin/functions`;
    const none = await fetch(url);
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await fetch(url, { headers: { "x-functions-key": "host-key-1" } })).status).toBe(403);
    expect((await fetch(url, { headers: { "x-functions-key": "master-key" } })).status).toBe(200);
  });
});

test("hooks see app start, may replace handler and result, and see the end", async () => {
  const source = `
    globalThis.__ended = [];
    app.hook.appStart((context) => { context.hookData.x = 1; });
    app.hook.preInvocation((context) => {
      const handler = context.functionHandler;
      context.functionHandler = async (...args) => ({ body: "wrapped " + (await handler(...args)).body });
      context.hookData.from = "pre"; });
    app.hook.postInvocation((context) => { context.result = { ...context.result, headers: { "x-hook": context.hookData.from } }; });
    app.hook.log((context) => { context.message = context.message.replace("secret", "***"); });
    app.hook.appTerminate(() => { globalThis.__ended.push("terminated"); });
    app.http("hooked", { handler: (req, context) => { context.log("a secret"); return { body: "plain" }; } });`;
  const running = await runApp({ source });
  const response = await fetch(`${running.url}/api/hooked`);
  expect([await response.text(), response.headers.get("x-hook")]).toEqual(["wrapped plain", "pre"]);
  expect(running.lines.some((line) => line.endsWith("Function.hooked.User a ***"))).toBe(true);
  await running.host.stop();
  expect(Object(globalThis).__ended).toEqual(["terminated"]);
});

test("a run above functionTimeout ends the worker, with the real host's words", async () => {
  const source = `app.http("hangs", { handler: () => new Promise(() => {}) });`;
  const hostJson = { version: "2.0", functionTimeout: "00:00:01" };
  const running = await runApp({ source, hostJson }, { drainMs: 50 });
  const call = fetch(`${running.url}/api/hangs`).catch(() => "cut off");
  const fatal = await eventually("the time-out", () => running.lines.find((line) => line.startsWith("fatal")));
  expect(fatal).toMatch(
    /^fatal Timeout value of 00:00:01 exceeded by function 'Functions\.hangs' \(Id: '[\da-f-]+'\)\.$/u,
  );
  await running.host.stop();
  expect(await call).toBe("cut off");
});

describe("HTTP streaming", () => {
  const source = `
    app.setup({ enableHttpStream: true });
    let next; app.http("pieces", { handler: () => ({ body: new ReadableStream({ async start(c) {
      c.enqueue(new TextEncoder().encode("first")); await new Promise((r) => { next = r; });
      c.enqueue(new TextEncoder().encode("second")); c.close(); } }) }) });
    app.http("go", { handler: () => { next(); return { body: "gone" }; } });
    app.http("echo", { route: "echo/{id?}", methods: ["GET", "POST"], handler: async (req) => ({ jsonBody: {
      headers: Object.fromEntries(req.headers), params: req.params, body: await req.text(), url: req.url } }) });
    app.http("throws", { handler: () => { throw new Error("boom"); } });`;

  test("the answer arrives piece by piece, chunked bodies too, and the measured traps are there", async () => {
    const running = await runApp({ source }, { streamingAnswerMs: 300, drainMs: 100 });
    const response = await fetch(`${running.url}/api/pieces`);
    const reader = response.body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await text()).toBe("first");
    await fetch(`${running.url}/api/go`);
    expect(await text()).toBe("second");
    expect(response.headers.get("x-ms-invocation-id")).toMatch(/^[\da-f-]{36}$/u);

    const body = new ReadableStream({ start: (c) => (c.enqueue(new TextEncoder().encode("chunked")), c.close()) });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    const echoed = await (await fetch(`${running.url}/api/echo`, init)).json();
    expect(echoed).toMatchObject({ body: "chunked", params: {}, url: `${running.url}/api/echo` });

    const spoof = `${running.url}/api/echo?id=9&Headers=${encodeURIComponent(`{"x-spoof":"1"}`)}`;
    expect(await (await fetch(spoof)).json()).toMatchObject({ headers: { "x-spoof": "1" }, params: { id: "9" } });

    const started = Date.now();
    expect((await fetch(`${running.url}/api/throws`)).status).toBe(500);
    expect(Date.now() - started).toBeGreaterThanOrEqual(290);
  });
});
