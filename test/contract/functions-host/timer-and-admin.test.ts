// Timers, runs by hand and the time limit, as measured on the real host.
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

  test("a run by hand is not past due", async () => {
    const running = await runApp({ source: TIMER }, { settings: { TICK: "0 0 0 1 1 *" } });
    expect((await post(`${running.url}/admin/functions/TICK`, { input: "" })).status).toBe(202);
    const [first] = await seenBy(running, 1);
    expect(first).toMatchObject({ isPastDue: false, scheduleStatus: { last: "0001-01-01T00:00:00+00:00" } });
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

describe("admin API", () => {
  const source = `
    app.http("web", { handler: () => ({ body: "web" }) });
    app.timer("yearly", { schedule: "0 0 0 1 1 *", handler: () => {} });`;

  test("is open on this machine, but not to web pages, and refuses what it cannot run", async () => {
    const running = await runApp({ source });
    const admin = `${running.url}/admin/functions`;
    const evil = { method: "POST", body: "{}", headers: { Origin: "https://evil.example" } };
    expect((await fetch(`${admin}/yearly`, evil)).status).toBe(403);
    expect((await post(`${admin}/yearly`, {})).status).toBe(202);
    expect((await post(`${admin}/unknown`, { input: "" })).status).toBe(404);
    expect((await post(`${admin}/web`, { input: "" })).status).toBe(400);
    expect((await fetch(`${admin}/yearly`, { method: "POST", body: "no json" })).status).toBe(400);
  });
});
