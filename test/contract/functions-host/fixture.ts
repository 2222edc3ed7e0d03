// Small apps for the tests, built as the real one: one ESM file with @azure/functions inside, loaded by the host.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { startHost, type Host, type HostOptions } from "../../../local/functions-host/host.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const BANNER = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

export interface FixtureOptions {
  /** Body of the app; `app` of @azure/functions is in scope. */
  readonly source: string;
  readonly hostJson?: object | string;
}

export interface Fixture {
  readonly appRoot: string;
  readonly dataDir: string;
  remove(): void;
}

/** Builds an app into a folder of its own. */
export async function buildFixture({ source, hostJson = { version: "2.0" } }: FixtureOptions): Promise<Fixture> {
  const appRoot = mkdtempSync(join(tmpdir(), "functions-host-"));
  await build({
    stdin: { contents: `import { app } from "@azure/functions";\n${source}`, resolveDir: ROOT, loader: "ts" },
    outfile: join(appRoot, "index.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: ["@azure/functions-core"],
    banner: { js: BANNER },
    logLevel: "error",
  });
  writeFileSync(join(appRoot, "package.json"), JSON.stringify({ type: "module", main: "index.mjs" }));
  writeFileSync(join(appRoot, "host.json"), typeof hostJson === "string" ? hostJson : JSON.stringify(hostJson));
  return {
    appRoot,
    dataDir: join(appRoot, "data"),
    remove: () => rmSync(appRoot, { recursive: true, force: true }),
  };
}

export interface RunningApp {
  readonly host: Host;
  readonly url: string;
  readonly fixture: Fixture;
  /** All log lines so far. */
  readonly lines: string[];
}

type StartOptions = Partial<Omit<HostOptions, "appRoot">>;

/** Starts a host on the fixture; the caller stops it. */
export async function startApp(fixture: Fixture, options: StartOptions = {}): Promise<RunningApp> {
  const lines: string[] = [];
  const host = await startHost({
    appRoot: fixture.appRoot,
    port: 0,
    dataDir: fixture.dataDir,
    settings: {},
    log: (line) => void lines.push(line),
    ...options,
  });
  return { host, fixture, lines, url: `http://127.0.0.1:${host.port}` };
}

/** Builds and starts for one test; stopped and removed after it. */
export async function runApp(fixtureOptions: FixtureOptions, options: StartOptions = {}): Promise<RunningApp> {
  const fixture = await buildFixture(fixtureOptions);
  onTestFinished(() => fixture.remove());
  const running = await startApp(fixture, options);
  onTestFinished(() => running.host.stop());
  return running;
}

/** Waits until `probe` yields a value, looking every 10 ms, at most `limitMs`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 15_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  while (true) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited ${limitMs} ms in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}
