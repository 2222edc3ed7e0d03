// What the app tells the host at its start is what it has when it is called, and a wrong setting stops the start.

import { app } from "@azure/functions";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import sample from "../../../local.settings.sample.json" with { type: "json" };

const told = new Map<string, object>();

beforeEach(() => {
  vi.resetModules();
  told.clear();
  for (const [name, value] of Object.entries(sample.Values)) vi.stubEnv(name, value);
  for (const kind of ["http", "timer", "serviceBusQueue"] as const)
    vi.spyOn(app, kind).mockImplementation((name: string, { handler: _, ...options }: { handler: unknown }) => {
      told.set(name, options);
    });
  vi.spyOn(app.hook, "appTerminate").mockImplementation(() => ({ dispose: () => undefined }));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const start = () => import("../../../functions/main.ts");

/** All of the app is loaded. */
const LOAD_LIMIT_MS = 60_000;

test(
  "the host is told of every function with the options that it is registered with",
  { timeout: LOAD_LIMIT_MS },
  async () => {
    await start();
    const { registrations } = await import("../../../functions/index.ts");
    const all = Object.values(registrations).flatMap((kind) => [...kind]);
    const registered = all.map(([name, { handler: _, ...options }]) => [name, options]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(registered));
    expect(told.size).toBeGreaterThan(50);
  },
);

test.each([
  ["LINK_KEYS", "a:short"],
  ["WEBHOOK_MASTER_KEY", "short"],
  ["PUBLIC_BASE_URL", "nowhere"],
  ["APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=none"],
])("a wrong %s stops the start, and is not shown", async (name, value) => {
  vi.stubEnv(name, value);
  const stopped = await start().then(
    () => "started",
    (error: Error) => error.message,
  );
  expect(stopped).toContain(name);
  expect(stopped).not.toContain(value);
  expect(told.size).toBe(0);
});
